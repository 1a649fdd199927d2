import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './setup-error.mjs';

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Runs `npm ci` when node_modules is missing or older than the lock file. */
export const provideNpmPackages = (repository) => {
  // npm writes this file last.
  const installed = modified(join(repository, 'node_modules', '.package-lock.json'));
  if (installed > 0 && installed >= modified(join(repository, 'package-lock.json'))) return;

  console.error('setup: installing the npm packages');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: repository,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new SetupError('npm ci failed');
};
