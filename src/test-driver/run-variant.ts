import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { writeTemporaryFile } from '../state/temporary-file.js';
import { ExplainedError } from '../system/errors.js';
import { nixDirectory } from '../system/nix-directory.js';
import type { Ports } from '../system/ports.js';
import { runWithEvents } from '../system/run-with-events.js';
import * as z from '../system/schema.js';
import { parseTestEvent, type Outcome, type TestEvent, type TestFailure } from './outcome.js';
import type { BuiltVariant } from './variant.js';

export interface RunOptions {
  /** Leave the machine when the test is over. */
  readonly keep: boolean;
  /** Give the terminal to a prompt of Python instead of running the script. */
  readonly interactive: boolean;
  /** Seconds for the whole of it. */
  readonly timeout: number;
}

/** Where the runner of a variant lies; it is Python that needs nothing but its standard library. */
const runner = join(nixDirectory, 'test-driver', 'run.py');
const command = join(nixDirectory, '..', 'bin', 'nix-processmgmt-ts');

/** The command that deploys in the machine: our own switch. The script looks itself whether all runs. */
const deployment = ({ profilePath }: BuiltVariant): readonly string[] => [
  ...[process.execPath, command, 'switch'],
  ...['--settle', '0'],
  profilePath,
];

/** What the runner reads; docs/testing-services.md describes it. */
export const variantFile = (variant: BuiltVariant, { keep, interactive, timeout }: RunOptions): object => {
  const { name, suite, profile, manager, machine } = variant;
  const { params, packages, users, instances, phases } = machine;
  return {
    format: 1,
    name,
    suite,
    profile,
    manager,
    params,
    packages,
    users,
    deploy: deployment(variant),
    instances: instances.map((instance) => ({ name: instance })),
    phases,
    options: { keep, interactive, timeout },
  };
};

const inWords = ({ phase, instance, message, command, status }: TestFailure): string => {
  const where = instance === null ? phase : `${phase} of ${instance}`;
  if (command === null) return `${where}: ${message ?? 'failed'}`;
  return `${where}: ${message ?? `"${command}" ended with status ${String(status)}`}`;
};

/** What the runner has said so far. */
interface Told {
  end: Extract<TestEvent, { event: 'end' }> | null;
  failure: TestFailure | null;
}

/** How a variant went, by what its runner has told. */
const outcomeOf = ({ end, failure }: Told, exitCode: number, seconds: number): Outcome => {
  const parts = end?.seconds ?? {};
  if (end?.result === 'passed' && exitCode === 0) return { kind: 'passed', seconds, parts };
  if (end?.result === 'not-tried') return { kind: 'not tried', reason: end.reason ?? 'nobody knows why' };
  const reason =
    failure !== null
      ? inWords(failure)
      : (end?.reason ?? `the test's runner ended with exit code ${String(exitCode)} before the test was over`);
  return { kind: 'failed', seconds, parts, reason, failure };
};

/** What is told while a variant runs. */
export interface RunListener {
  readonly onPhase: (name: string, instance: string | null) => void;
  /** The machine was kept. In: commands that enter it, and that take it away. */
  readonly onKept: (enter: string, end: string) => void;
}

/**
 * Runs a variant in a machine of its own.
 *
 * @param directory a temporary one, for the file that the runner reads
 * @param logFile gets all that is printed; null: the terminal
 * @param signal aborted: the machine is ended
 */
export const runVariant = async (
  variant: BuiltVariant,
  options: RunOptions,
  places: { readonly directory: string; readonly logFile: string | null },
  listener: RunListener,
  {
    env,
    signal,
  }: { readonly env: Readonly<Record<string, string | undefined>>; readonly signal?: AbortSignal | undefined },
): Promise<Outcome> => {
  const begin = performance.now();
  const file = join(places.directory, `${variant.name.replaceAll('/', '-')}.json`);
  writeTemporaryFile(file, JSON.stringify(variantFile(variant, options)));
  const told: Told = { end: null, failure: null };
  const onEvent = (line: string): void => {
    const event = parseTestEvent(line);
    if (event === null) return;
    if (event.event === 'phase') listener.onPhase(event.name, event.instance);
    else if (event.event === 'kept') listener.onKept(event.enter, event.end);
    else if (event.event === 'failure') told.failure = event;
    else told.end = event;
  };
  try {
    const exitCode = await runWithEvents({
      file: 'python3',
      args: ['-I', runner, file],
      env,
      logFile: places.logFile,
      onEvent,
      signal,
    });
    return outcomeOf(told, exitCode, (performance.now() - begin) / 1000);
  } catch (error) {
    if (error instanceof ExplainedError) return { kind: 'not tried', reason: `${error.message}: ${error.fix ?? ''}` };
    throw error;
  }
};

/**
 * Whether a variant can be tried on this machine: null, or why not. Nothing of it needs to be built.
 *
 * @param directory a temporary one
 */
export const whyNotHere = async (
  variant: Omit<BuiltVariant, 'profilePath'>,
  directory: string,
  { run }: Pick<Ports, 'run'>,
): Promise<string | null> => {
  const file = join(directory, 'check.json');
  const options = { keep: false, interactive: false, timeout: 60 };
  writeTemporaryFile(file, JSON.stringify(variantFile({ ...variant, profilePath: '' }, options)));
  const { exitCode, stdout, stderr } = await run({ file: 'python3', args: ['-I', runner, '--check', file] });
  if (exitCode !== 0) return `the test's runner cannot tell: ${stderr.trim().split('\n').at(-1) ?? ''}`;
  return z.object({ reason: z.nullable(z.string()) }).parse(JSON.parse(stdout)).reason;
};
