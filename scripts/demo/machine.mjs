// A corner of the machine that belongs to the demo alone: model, state, profiles and Nix store in one directory.
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { endProcessesThatMention, processesThatMention } from '../processes.mjs';
import { runToEnd } from '../run-to-end.mjs';
import { shellWord, showCommand } from './terminal.mjs';

/** A failure that the demo explains by itself. */
export class DemoError extends Error {}

/**
 * The Nix store is a private one: it needs no rights and no daemon, and it goes away with the directory. A store at
 * another place than /nix/store cannot use binary caches, but then the model's packages are programs of this machine.
 */
const environmentOf = (directory, bin) => ({
  NIX_REMOTE: 'local',
  NIX_STORE_DIR: join(directory, 'nix/store'),
  NIX_STATE_DIR: join(directory, 'nix/var/nix'),
  NIX_LOG_DIR: join(directory, 'nix/var/log/nix'),
  NIX_CONFIG: 'substitute = false',
  NIX_USER_PROFILE_DIR: join(directory, 'profiles'),
  PATH: `${bin}:${process.env.PATH}:/usr/sbin:/sbin`,
});

export const createMachine = (repository) => {
  const directory = mkdtempSync('/tmp/nixproc-demo-');
  const environment = environmentOf(directory, join(repository, 'bin'));
  mkdirSync(environment.NIX_USER_PROFILE_DIR);
  cpSync(join(repository, 'fixtures/webapps'), join(directory, 'model'), { recursive: true });
  writeFileSync(
    join(directory, 'environment.sh'),
    Object.entries(environment)
      .map(([name, value]) => `export ${name}=${shellWord(value)}\n`)
      .join(''),
  );

  const spawnOptions = { cwd: directory, env: { ...process.env, ...environment } };

  /** Runs the tool in the demo's directory, and shows the command and all it says. */
  const tool = async (...args) => {
    showCommand(['nix-processmgmt-ts', ...args]);
    const exitCode = await runToEnd('nix-processmgmt-ts', args, {
      ...spawnOptions,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (exitCode !== 0) throw new DemoError(`nix-processmgmt-ts ${args[0]} ended with exit code ${exitCode}`);
  };

  /** What `status --json` says, without showing it. */
  const status = () => {
    const { stdout } = spawnSync('nix-processmgmt-ts', ['status', '--json'], { ...spawnOptions, encoding: 'utf8' });
    return JSON.parse(stdout);
  };

  const livingProcesses = () => processesThatMention(directory);

  /** Takes everything away, whatever state it is in. */
  const remove = async () => {
    await endProcessesThatMention(directory);
    // Directories of a Nix store are read-only.
    spawnSync('chmod', ['-R', 'u+w', directory]);
    spawnSync('rm', ['-rf', directory]);
  };

  return { directory, tool, status, livingProcesses, remove };
};
