import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';
import type { Backend } from '../../../src/backends/backend.js';
import { scriptActivationOf } from '../../../src/backends/shared/script-activation.js';
import type { ManagedProcess } from '../../../src/model/process-model.js';
import type { JsonObject } from '../../../src/system/json.js';
import { accounts, asAccount, type Account } from '../../support/accounts.js';
import { isRoot } from '../../support/is-root.js';
import { isAlive, processesThatMention } from '../../support/processes.js';
import { repository } from '../../support/repository.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { eventually } from '../../support/waiting.js';
import { managedProcess, renderDirect, renderManaged, type UnitOnDisk, type UnitSurroundings } from './render-unit.js';

/** The shells that scripts have to work under. */
export const shells = ['/bin/dash', '/bin/bash'] as const;

/** Every shell with every account, for describe.each. */
export const shellsAndAccounts = shells.flatMap((shell) => accounts.map((account) => ({ shell, account })));

export const itself = ((): Account => {
  const [account] = accounts;
  if (account === undefined) throw new Error('nobody can run the tests');
  return account;
})();

/** Each shell with one of the accounts, for what depends on both but not on their combination. */
export const eachShellOnce = shells.map((shell, index) => ({
  shell,
  account: accounts[(index + 1) % accounts.length] ?? itself,
}));

export interface ScriptResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

export interface Service extends UnitOnDisk {
  readonly script: string;
  readonly pidFile: string;
  readonly logFile: string;
  readonly recordFile: string;
  /** Runs an activity of the script; a start and a stop may take 10 s here, but for what `environment` says. */
  call(activity: string, environment?: Readonly<Record<string, string>>): ScriptResult;
  /** The PID that the PID file names. */
  pid(): number;
  /** What the process has written. */
  log(): string;
}

export interface ServiceOptions {
  readonly name?: string;
  readonly account?: Account;
  readonly shell?: string;
  /** Of service.py. Default: daemon. */
  readonly behaviour?: string;
  readonly process?: Partial<Omit<ManagedProcess, 'name' | 'kind'>>;
  readonly overrides?: JsonObject;
  readonly surroundings?: Partial<UnitSurroundings>;
  /** Default: PLACE/profile. */
  readonly profile?: string;
}

/** A directory with everything that a deployment has, which goes away with all processes when the test ends. */
export interface Place {
  readonly path: string;
  /** service.py. */
  readonly program: string;
  /** A script for service.py. */
  service(options?: ServiceOptions): Service;
  /** A script from the arguments of the manager's own create function. */
  direct(args: JsonObject & { readonly name: string }, options?: ServiceOptions): Service;
  /** A living process that is no service, which runs the given command. */
  stranger(file: string, ...args: readonly string[]): number;
}

const places: { directory: TemporaryDirectory; strangers: number[] }[] = [];

afterEach(async () => {
  for (const { directory, strangers } of places.splice(0)) {
    const left = processesThatMention(`${directory.path}/`).map(({ pid }) => pid);
    for (const pid of new Set([...strangers, ...left])) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    await directory.remove();
  }
});

/** A manager whose services have a script each, and how people call those. */
export interface ScriptManager {
  readonly backend: Backend;
  /** Default: by the name of the activity. */
  readonly argumentFor?: (activity: string) => string;
  /** Tools of the package set that the tests have substitutes for. */
  readonly tools?: (place: string) => Readonly<Record<string, string>>;
  /** Overrides that every process has, and arguments for the manager's own create function. */
  readonly arguments?: (place: string) => JsonObject;
}

const asService = (
  onDisk: UnitOnDisk,
  account: Account,
  pidFile: string,
  { argumentFor = (activity) => activity }: ScriptManager,
): Service => {
  const { recordFile, script: relative, logFile } = scriptActivationOf(onDisk.unit);
  const script = join(onDisk.unit.profile, relative);
  return {
    ...onDisk,
    script,
    pidFile,
    recordFile,
    logFile: logFile ?? '',
    call: (activity, environment = {}) => {
      const { file, args } = asAccount(account, script, activity === '' ? [] : [argumentFor(activity)]);
      const begin = performance.now();
      const { status, stdout, stderr } = spawnSync(file, args, {
        encoding: 'utf8',
        cwd: '/',
        timeout: 60_000,
        env: {
          PATH: process.env['PATH'],
          HOME: '/',
          NIXPROC_STOP_TIMEOUT: '10',
          NIXPROC_START_TIMEOUT: '10',
          ...environment,
        },
      });
      return { exitCode: status ?? -1, stdout, stderr, milliseconds: performance.now() - begin };
    },
    pid: () => Number(readFileSync(pidFile, 'utf8').trim()),
    log: () => (logFile !== null && existsSync(logFile) ? readFileSync(logFile, 'utf8') : ''),
  };
};

/** Makes a place whose directories an account can write. */
export const makePlaceFor = async (manager: ScriptManager, owner: Account = itself): Promise<Place> => {
  const { backend } = manager;
  const directory = await makeTemporaryDirectory();
  const strangers: number[] = [];
  places.push({ directory, strangers });
  const { path } = directory;
  for (const name of ['run', 'log', 'tmp', 'programs']) {
    mkdirSync(join(path, name));
    if (isRoot) chownSync(join(path, name), owner.uid, owner.gid);
  }
  chmodSync(join(path, 'tmp'), 0o1777);
  // The clone may lie where only its owner can read.
  const program = join(path, 'programs', 'service.py');
  copyFileSync(join(repository, 'test/backends/support/service.py'), program);
  chmodSync(program, 0o755);

  const surroundingsOf = ({ shell = '/bin/dash', surroundings }: ServiceOptions): UnitSurroundings => ({
    root: path,
    ...surroundings,
    tools: { shell, ...manager.tools?.(path), ...surroundings?.tools },
  });
  const common = manager.arguments?.(path) ?? {};
  return {
    path,
    program,
    service: (options = {}) => {
      const { name = 'service', behaviour = 'daemon', account = owner, overrides = {} } = options;
      const pidFile = options.process?.pidFile ?? join(path, 'run', `${name}.pid`);
      const command = { executable: program, args: [behaviour, pidFile] };
      const staysInForeground = /foreground|parent/.test(behaviour);
      const unit = renderManaged(
        backend,
        managedProcess({
          ...(staysInForeground ? { foreground: command } : { daemon: command }),
          ...options.process,
          name: name as ManagedProcess['name'],
          pidFile,
        }),
        surroundingsOf(options),
        { overrides: { ...common, ...overrides }, profile: options.profile ?? join(path, 'profile') },
      );
      return asService(unit, account, pidFile, manager);
    },
    direct: (args, options = {}) =>
      asService(
        renderDirect(backend, { ...common, ...args }, surroundingsOf(options), {
          profile: options.profile ?? join(path, 'profile'),
        }),
        options.account ?? owner,
        typeof args['pidFile'] === 'string' ? args['pidFile'] : join(path, 'run', `${args.name}.pid`),
        manager,
      ),
    stranger: (file, ...args) => {
      const { pid } = spawn(file, args, { stdio: 'ignore' });
      if (pid === undefined) throw new Error(`${file} does not start`);
      strangers.push(pid);
      return pid;
    },
  };
};

/** The PID of the process itself, which for a wrapped one is not in the PID file. */
export const readMain = ({ recordFile }: Service): number =>
  Number(/^main (\d+) /m.exec(readFileSync(recordFile, 'utf8'))?.[1]);

/** Ends one process the hard way, and waits until it is dead. */
export const kill = async (pid: number): Promise<void> => {
  if (!(pid > 1)) throw new RangeError(`no process: ${pid}`);
  process.kill(pid, 'SIGKILL');
  await eventually(() => (isAlive(pid) ? undefined : true));
};

/** Waits until a service has written something. */
export const written = (service: Service, text: string): Promise<string> =>
  eventually(() => (service.log().includes(text) ? service.log() : undefined));

/** The words that a process was started with, after an interpreter. */
export const argumentsOf = (pid: number): readonly string[] =>
  readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);

/** The environment that a process was started with. @throws when a variable is in it twice. */
export const environmentOf = (pid: number): ReadonlyMap<string, string> => {
  const environment = new Map<string, string>();
  for (const variable of readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').slice(0, -1)) {
    const end = variable.indexOf('=');
    const name = variable.slice(0, end);
    if (environment.has(name)) throw new Error(`${name} is twice in the environment of process ${pid}`);
    environment.set(name, variable.slice(end + 1));
  }
  return environment;
};

/** One line of /proc/PID/status. */
export const statusLine = (pid: number, key: string): string =>
  new RegExp(`^${key}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]?.trim() ?? '';
