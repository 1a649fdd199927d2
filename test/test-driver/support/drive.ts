import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../../support/repository.js';
import { makeTemporaryDirectory } from '../../support/temporary-directory.js';

/** One line that the driver writes to descriptor 3. */
export interface DriverEvent {
  readonly event: string;
  readonly [fact: string]: unknown;
}

/** What one run of the driver came to. */
export interface DriverResult {
  readonly exitCode: number | null;
  readonly events: readonly DriverEvent[];
  /** All that the driver and its commands printed. */
  readonly log: string;
  /** The event of a kind that came last; fails where none came. */
  readonly event: (kind: string) => DriverEvent;
}

/** A run of the driver that goes on. */
export interface Driving {
  /** A path in the command line of every process of ours, and among the open files of all that print. */
  readonly mark: string;
  readonly child: ChildProcess;
  /** Events so far. */
  readonly events: () => readonly DriverEvent[];
  /** What is printed so far. */
  readonly log: () => Promise<string>;
  readonly done: Promise<DriverResult>;
}

/** What a test says of a variant; the rest is that of a variant for sysvinit as root that deploys nothing. */
export interface VariantOfTest {
  readonly manager?: string;
  readonly profile?: 'privileged' | 'unprivileged';
  /** Python, for the phase `tests` without an instance. */
  readonly script?: string;
  readonly phases?: readonly { readonly name: string; readonly instance: string | null; readonly script: string }[];
  readonly deploy?: readonly string[];
  readonly packages?: readonly string[];
  readonly users?: readonly object[];
  readonly instances?: readonly object[];
  readonly options?: object;
}

/** `ls` for directories of a machine, without what leads to the driver's own files: they are seen where they are. */
export const listWithoutDriver = `ls -A${/^\/tmp\/[^/]+/.test(repository) ? ` --ignore=${repository.split('/')[2] ?? ''}` : ''}`;

const runner = join(repository, 'nix', 'test-driver', 'run.py');

const params = (profile: string): object =>
  profile === 'privileged'
    ? { stateDir: '/var', runtimeDir: '/var/run', forceDisableUserChange: false }
    : {
        stateDir: '/home/unprivileged/var',
        runtimeDir: '/home/unprivileged/var/run',
        forceDisableUserChange: true,
        callingUser: 'unprivileged',
        callingGroup: 'users',
      };

const variantFile = (variant: VariantOfTest): object => {
  const { manager = 'sysvinit', profile = 'privileged', script = '', ...rest } = variant;
  return {
    format: 1,
    name: `test.${profile}.${manager}`,
    suite: 'test',
    profile,
    manager,
    params: params(profile),
    packages: [],
    users: [],
    deploy: ['/bin/true'],
    instances: [],
    phases: [{ name: 'tests', instance: null, script }],
    ...rest,
    options: { timeout: 60, ...variant.options },
  };
};

const parsed = (text: string): readonly DriverEvent[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as DriverEvent);

/** argv of the driver, and where it writes; who calls removes the directory. */
const prepare = async (variant: VariantOfTest) => {
  const directory = await makeTemporaryDirectory();
  const file = join(directory.path, 'variant.json');
  await writeFile(file, JSON.stringify(variantFile(variant)));
  return { directory, file, log: join(directory.path, 'log') };
};

/**
 * Starts the driver.
 *
 * @param environment differences to this process's environment
 * @param prefix argv to put before the driver's
 */
export const startDriver = async (
  variant: VariantOfTest,
  environment: Readonly<Record<string, string>> = {},
  prefix: readonly string[] = [],
): Promise<Driving> => {
  const { directory, file, log } = await prepare(variant);
  const output = await open(log, 'w');
  const [program, ...args] = [...prefix, 'python3', '-I', runner, file] as const;
  const child = spawn(program, args, {
    stdio: ['pipe', output.fd, output.fd, 'pipe'],
    env: { ...process.env, ...environment },
  });
  await output.close();
  let text = '';
  const events = child.stdio[3] as NodeJS.ReadableStream;
  events.setEncoding('utf8');
  events.on('data', (part: string) => (text += part));
  const done = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      resolve(code);
    });
  }).then(async (exitCode): Promise<DriverResult> => {
    const result = { exitCode, events: parsed(text), log: await readFile(log, 'utf8') };
    await directory.remove();
    return {
      ...result,
      event: (kind) => {
        const found = result.events.findLast(({ event }) => event === kind);
        if (found === undefined) throw new Error(`the driver sent no ${kind}:\n${result.log}`);
        return found;
      },
    };
  });
  return { mark: directory.path, child, events: () => parsed(text), log: () => readFile(log, 'utf8'), done };
};

/** Runs the driver to its end. */
export const drive = async (
  variant: VariantOfTest,
  environment: Readonly<Record<string, string>> = {},
  prefix: readonly string[] = [],
): Promise<DriverResult> => (await startDriver(variant, environment, prefix)).done;

/** Runs a script that has to pass; returns the log. */
export const pass = async (
  variant: VariantOfTest,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> => {
  const { exitCode, log } = await drive(variant, environment);
  if (exitCode !== 0) throw new Error(`the script did not pass:\n${log}`);
  return log;
};
