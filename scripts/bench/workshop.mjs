import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { endProcessesThatMention } from '../processes.mjs';
import { measure } from './measure.mjs';
import { placeFor } from './places.mjs';

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Nothing of the caller's environment changes what is measured. */
const environmentOf = (directory) => ({
  PATH: systemPath,
  HOME: join(directory, 'home'),
  NIX_REMOTE: 'local',
  NIX_STORE_DIR: join(directory, 'nix/store'),
  NIX_STATE_DIR: join(directory, 'nix/var/nix'),
  NIX_LOG_DIR: join(directory, 'nix/var/log/nix'),
  NIX_CONFIG: 'substitute = false\nsandbox = false\nbuild-users-group =\n',
  NIX_USER_PROFILE_DIR: join(directory, 'profiles'),
  // Seconds in which a switch only looks on are not what is measured.
  NIXPROC_SETTLE: '0',
});

const nixValue = (value) => (typeof value === 'string' && !value.startsWith('/') ? `"${value}"` : String(value));

/** A Nix attribute set of texts, numbers, truth values and absolute paths. */
export const nixSet = (values) =>
  `{ ${Object.entries(values)
    .map(([name, value]) => `${name} = ${nixValue(value)};`)
    .join(' ')} }`;

/** Stands before the real program, and writes down how it is called. */
const recorder = (program, file) => `#!/bin/sh
printf '%s\\0' "$@" >'${file}'
PATH='${systemPath}' exec ${program} "$@"
`;

/**
 * A directory with everything that a benchmark needs: a copy of the program as a package would install it, the model, a
 * Nix store and profiles of its own.
 *
 * @param {string} repository where `npm run build` has made dist
 * @param {boolean} inMemory see places.mjs. Default: false
 */
export const openWorkshop = (repository, inMemory = false) => {
  // Sockets are in it, whose paths must not be long.
  const directory = mkdtempSync(join(placeFor(inMemory), 'npb-'));
  chmodSync(directory, 0o755);
  const installation = join(directory, 'tool');
  for (const part of ['bin', 'dist', 'nix', 'package.json']) {
    cpSync(join(repository, part), join(installation, part), { recursive: true });
  }
  cpSync(join(repository, 'scripts/bench/model'), join(directory, 'model'), { recursive: true });
  const environment = environmentOf(directory);
  for (const path of ['home', 'profiles', 'recorder']) mkdirSync(join(directory, path));

  const tool = [process.execPath, join(installation, 'bin/nix-processmgmt-ts')];
  const options = { env: environment, cwd: directory };

  /** Runs and measures a command. */
  const run = (...argv) => measure(argv, options);
  const runTool = (...args) => run(...tool, ...args);

  /** What the command line says about a model: see model/processes.nix for the parameters. */
  const modelOptions = (manager, parameters) => [
    ...['-P', manager, '--host-packages', '--offline', '--force-disable-user-change'],
    ...['--state-dir', join(directory, 'state'), '--extra-params', nixSet(parameters)],
    join(directory, 'model/processes.nix'),
  ];

  /**
   * The command line with which the program itself has Nix evaluate a model: found by looking on, so that it is what the
   * program does today.
   */
  const evaluationOf = async (manager, parameters) => {
    const record = join(directory, 'recorder/arguments');
    const wrapper = join(directory, 'recorder/nix-instantiate');
    writeFileSync(wrapper, recorder('nix-instantiate', record));
    chmodSync(wrapper, 0o755);
    const env = { ...environment, PATH: `${join(directory, 'recorder')}:${systemPath}` };
    await measure([...tool, 'eval', ...modelOptions(manager, parameters)], { ...options, env });
    return ['nix-instantiate', ...readFileSync(record, 'utf8').split('\0').slice(0, -1)];
  };

  return {
    directory,
    installation,
    environment,
    tool,
    run,
    runTool,
    modelOptions,
    evaluationOf,
    /** Builds a profile; `stdout` is its store path. */
    build: (manager, parameters) => runTool('build', '--no-out-link', ...modelOptions(manager, parameters)),
    /** Ends what still runs. */
    close: () => endProcessesThatMention(directory),
    /** Takes everything away, once it is closed. */
    remove: () => {
      // Directories of a Nix store are read-only.
      spawnSync('chmod', ['-R', 'u+w', directory]);
      spawnSync('rm', ['-rf', directory]);
    },
  };
};
