// Debian packages that are unpacked into directories of their own rather than installed: tests put them into copies of the machine.
// On the machine itself they would take the place of its init, or have its tools behave as if they had.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hasProgram } from './debian-packages.mjs';

const cache = '/var/cache/nix-processmgmt-ts';

/** By the name of a directory in the cache. */
const unpacked = { openrc: ['openrc', 'libeinfo1', 'librc1'] };

/** Where the files of such packages are, as in a root directory. */
const directoryOf = (name) => join(cache, name);

const runIn = (cwd, file, ...args) => {
  const { status, stderr } = spawnSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
  return status === 0 ? null : stderr;
};

const download = (directory, packages) => {
  const args = ['-qq', '-o', 'APT::Sandbox::User=root', 'download', ...packages];
  if (runIn(directory, 'apt-get', ...args) === null) return null;
  runIn(directory, 'apt-get', '-qq', 'update');
  return runIn(directory, 'apt-get', ...args);
};

/** Returns why that failed, or null. */
const unpack = (name, packages) => {
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, `${name}-`));
  try {
    const root = join(scratch, 'root');
    mkdirSync(root);
    const failure =
      download(scratch, packages) ??
      readdirSync(scratch)
        .filter((file) => file.endsWith('.deb'))
        .reduce((found, file) => found ?? runIn(scratch, 'dpkg', '-x', file, root), null);
    if (failure !== null) return failure;
    if (!existsSync(directoryOf(name))) renameSync(root, directoryOf(name));
    return null;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};

/** As root on Debian: unpacks what is missing. Nobody else has a use for it; tests that lack it are skipped, and say so. */
export const provideUnpackedPackages = () => {
  if (process.getuid() !== 0 || !hasProgram('apt-get')) return;
  for (const [name, packages] of Object.entries(unpacked)) {
    if (existsSync(directoryOf(name))) continue;
    console.error(`setup: unpacking Debian packages for tests: ${packages.join(' ')}`);
    const failure = unpack(name, packages);
    if (failure !== null) console.error(`setup: they could not be unpacked: ${failure.trim()}`);
  }
};
