import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResult } from '../../src/system/ports.js';
import { createRun } from '../../src/system/run.js';
import { type Account, asAccount } from './accounts.js';
import { blockSize, reserveBlock } from './free-ports.js';
import { getPage, type Page } from './http.js';
import { install } from './installation.js';
import { runAsShown } from './plans.js';
import { killProcessesThatMention } from './processes.js';
import { makeTemporaryDirectory } from './temporary-directory.js';

/** The fixture models, with the block of ports that each is written for. */
const fixtures = {
  webapps: { firstPort: 15_000 },
  'webapps-advanced': { firstPort: 15_100 },
} as const;
export type Fixture = keyof typeof fixtures;
export const fixtureNames = Object.keys(fixtures) as readonly Fixture[];

/** A machine within the machine: state, profiles and a Nix store of its own, for one account and one model. */
export interface Deployment {
  /** Holds everything below. */
  readonly directory: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
  readonly logDir: string;
  readonly profilesDir: string;
  /** Where the fixture models are. */
  readonly fixtures: string;
  /** The processes.nix that is deployed. */
  readonly model: string;
  /** Options that put the model's state here, and its ports where nobody else uses them. */
  readonly modelOptions: (messages?: Readonly<Record<string, string>>) => readonly string[];
  /** argv of the tool. */
  readonly toolWords: readonly [string, string];
  /** Runs the tool as the account. */
  readonly tool: (...args: readonly string[]) => Promise<RunResult>;
  /** The same, for what has to succeed and to do what it plans (see runAsShown): throws what the tool said when it does not. */
  readonly succeed: (...args: readonly string[]) => Promise<RunResult>;
  /** Starts the tool as the account, and does not wait for its end; `ended` gives its exit code, or the signal's name. */
  readonly start: (...args: readonly string[]) => {
    readonly pid: number;
    readonly ended: Promise<number | NodeJS.Signals | null>;
  };
  /** Runs another program as the account, in the tool's environment. */
  readonly run: (file: string, ...args: readonly string[]) => Promise<RunResult>;
  /** What runs on the loopback interface where the model says port PORT. */
  readonly portOf: (port: number) => number;
  readonly page: (port: number, host?: string) => Promise<Page>;
  /** Ends whatever still runs, and takes every file away. */
  readonly dispose: () => Promise<void>;
}

export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const nixStore = (directory: string): Record<string, string> => ({
  NIX_REMOTE: 'local',
  NIX_STORE_DIR: join(directory, 'nix', 'store'),
  NIX_STATE_DIR: join(directory, 'nix', 'var', 'nix'),
  NIX_LOG_DIR: join(directory, 'nix', 'var', 'log', 'nix'),
  // No binary cache can have paths of this store.
  NIX_CONFIG: 'substitute = false',
});

/** A Nix string literal. */
const nixString = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('${', '\\${')}"`;

/** The extra parameters of the fixture models. */
export const modelParameters = (portOffset: number, messages: Readonly<Record<string, string>>): string =>
  `{ portOffset = ${portOffset}; messages = { ${Object.entries(messages)
    .map(([instance, message]) => `${instance} = ${nixString(message)};`)
    .join(' ')} }; }`;

/** @param environment further variables for everything that is run; those of the same name are replaced */
export const createDeployment = async (
  account: Account,
  fixture: Fixture,
  environment: Readonly<Record<string, string>> = {},
): Promise<Deployment> => {
  const installation = await install(account);
  const { path: directory, remove } = await makeTemporaryDirectory();
  await chown(directory, account.uid, account.gid);
  const home = join(directory, 'home');
  const profilesDir = join(directory, 'profiles');
  const stateDir = join(directory, 'state');
  const temporaryFiles = join(directory, 'tmp');
  for (const path of [home, profilesDir, stateDir, temporaryFiles]) {
    await mkdir(path);
    await chown(path, account.uid, account.gid);
  }
  const ports = await reserveBlock();
  const firstPort = ports.first;
  const portOf = (port: number): number => firstPort + (port % blockSize);
  const env = {
    PATH: systemPath,
    HOME: home,
    NIX_USER_PROFILE_DIR: profilesDir,
    // A command that is killed leaves some.
    TMPDIR: temporaryFiles,
    // Most tests look at what runs themselves.
    NIXPROC_SETTLE: '0',
    ...nixStore(directory),
    ...environment,
  };
  const runIn = createRun(env);
  const run = (file: string, ...args: readonly string[]): Promise<RunResult> =>
    runIn({ ...asAccount(account, file, args), cwd: home });
  const tool = (...args: readonly string[]): Promise<RunResult> => run(...installation.tool, ...args);
  return {
    directory,
    stateDir,
    runtimeDir: join(stateDir, 'run'),
    logDir: join(stateDir, 'log'),
    profilesDir,
    fixtures: installation.fixtures,
    model: join(installation.fixtures, fixture, 'processes.nix'),
    modelOptions: (messages = {}) => [
      `--state-dir=${stateDir}`,
      '--force-disable-user-change',
      `--extra-params=${modelParameters(firstPort - fixtures[fixture].firstPort, messages)}`,
    ],
    toolWords: installation.tool,
    tool,
    succeed: async (...args) => {
      const result = await runAsShown(tool, ...args);
      const { exitCode, stdout, stderr } = result;
      if (exitCode !== 0) throw new Error(`${args.join(' ')}: exit code ${exitCode}\n${stdout}${stderr}`);
      return result;
    },
    start: (...args) => {
      const command = asAccount(account, installation.tool[0], [...installation.tool.slice(1), ...args]);
      const child = spawn(command.file, command.args, { env, cwd: home, stdio: 'ignore' });
      if (child.pid === undefined) throw new Error(`${command.file} could not be started`);
      return {
        pid: child.pid,
        ended: once(child, 'exit').then(
          ([exitCode, signal]: (number | NodeJS.Signals | null)[]) => exitCode ?? signal ?? null,
        ),
      };
    },
    run,
    portOf,
    page: (port, host) => getPage(portOf(port), host),
    dispose: async () => {
      killProcessesThatMention(directory);
      await ports.release();
      await remove();
      await installation.remove();
    },
  };
};
