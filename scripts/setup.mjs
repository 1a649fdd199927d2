// Prepares a fresh machine for the tests and the demo: npm packages, Debian packages, the compiled program.
// Plain JavaScript without dependencies, since it runs before there are any.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { pathToFileURL, fileURLToPath } from 'node:url';
import { provideDebianPackages } from './setup/debian-packages.mjs';
import { provideNpmPackages } from './setup/npm-packages.mjs';
import { SetupError } from './setup/setup-error.mjs';
import { provideUnpackedPackages } from './setup/unpacked-packages.mjs';

export const repository = dirname(dirname(fileURLToPath(import.meta.url)));

const requireNode = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new SetupError(`Node.js 20.19 or newer is needed; this is ${process.versions.node}`);
  }
};

const build = () => {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: repository, stdio: 'inherit' });
  if (status !== 0) throw new SetupError('The program could not be compiled');
};

/**
 * Ends the process with a message, and without a stack, when something is missing that it may not install itself.
 *
 * @param {{ install?: boolean }} options without `install`, it only compiles
 */
export const setUp = ({ install = true } = {}) => {
  try {
    requireNode();
    if (install) {
      provideDebianPackages();
      provideUnpackedPackages();
      provideNpmPackages(repository);
    }
    build();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`setup: ${error.message}`);
    process.exit(1);
  }
};

if (import.meta.url === pathToFileURL(process.argv[1]).href) setUp();
