import { mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { dir } from 'tmp-promise';
import { writeTextAtomically } from '../state/atomic-file.js';
import { temporaryOptions } from '../state/temporary-names.js';
import { ExplainedError, UsageError, exitCodes, type ExitCode } from '../system/errors.js';
import type { Ports } from '../system/ports.js';
import { visibleLine } from '../system/visible-text.js';
import { buildVariants } from '../test-driver/build-variants.js';
import { evaluateSuites, type EvaluatedSuites } from '../test-driver/evaluate-suites.js';
import { countResults, matrixOf, reasonsNotTried } from '../test-driver/matrix.js';
import type { Result } from '../test-driver/outcome.js';
import { jsonReport, junitReport, tapReport } from '../test-driver/reports.js';
import { whyNotHere } from '../test-driver/run-variant.js';
import { runVariants, type TestOptions } from '../test-driver/run-variants.js';
import { parseBuiltVariants, type Machine, type Prospect, type VariantName } from '../test-driver/variant.js';
import type { CommandContext } from './command.js';
import { withStopSignals } from './stop-signals.js';
import { countOf, formatTable } from './terminal.js';
import { chosenPaths, isChosenBy, suitesRequest, type TestArguments } from './test-arguments.js';
import { showProgress } from './test-progress.js';

/** Seconds that a variant may take. */
const defaultTimeout = 900;

const noVariant = (args: TestArguments): UsageError =>
  new UsageError({
    what: `No variant of the test suites in ${resolve(args.suites)} was chosen`,
    why: 'There is none, or none that all of -A, --suite, --profile and -P allow',
    fix: 'See what there is with --list',
  });

/** @throws EvaluationError, and UsageError when there is nothing to test */
const evaluate = async (args: TestArguments, ports: Ports): Promise<EvaluatedSuites> => {
  const request = suitesRequest(args);
  const isWanted = isChosenBy(args);
  const paths = chosenPaths(args);
  const suites = await evaluateSuites(request, { attrPaths: paths, isWanted }, ports);
  if (suites.variants.length > 0) return suites;
  // A file of one suite has no attribute of its name.
  const again = paths === null ? suites : await evaluateSuites(request, { attrPaths: null, isWanted }, ports);
  if (again.variants.length === 0) throw noVariant(args);
  return again;
};

/** Variants that Nix has built are in a file of JSON; the runner that an expression gives names it. */
const isBuilt = ({ suites }: TestArguments): boolean => suites.endsWith('.json');

/** @throws UsageError when none of them is chosen */
const builtVariants = (args: TestArguments): readonly Prospect[] => {
  const isChosen = isChosenBy(args);
  const built = parseBuiltVariants(readFileSync(args.suites, 'utf8')).filter(({ variant }) => isChosen(variant));
  if (built.length === 0) throw noVariant(args);
  return built;
};

/** What there is to test; all of it is built. */
const prepare = async (args: TestArguments, directory: string, ports: Ports): Promise<readonly Prospect[]> => {
  if (isBuilt(args)) return builtVariants(args);
  const suites = await evaluate(args, ports);
  for (const note of suites.notes) ports.log.info(`note: ${note}`);
  const { offline = false, hostPackages = false, showTrace = false } = args;
  const nix = { offline, hostPackages: hostPackages || suites.hostPackages, showTrace };
  return buildVariants(suites, directory, nix, ports);
};

interface ListItem {
  readonly variant: VariantName;
  readonly state: 'ready' | 'not tried' | 'broken';
  readonly reason: string | null;
}

/** A variant before it is built, or when Nix has built it. */
type Listed =
  | { readonly kind: 'possible'; readonly variant: VariantName; readonly machine: Machine }
  | { readonly kind: 'not tried' | 'broken'; readonly variant: VariantName; readonly reason: string };

const listed = async (args: TestArguments, context: CommandContext): Promise<readonly Listed[]> => {
  if (isBuilt(args)) {
    return builtVariants(args).map((found) =>
      found.kind === 'ready' ? { kind: 'possible', variant: found.variant, machine: found.variant.machine } : found,
    );
  }
  const { variants } = await evaluate(args, context);
  return variants.map((found) =>
    found.kind === 'evaluated' ? { kind: 'possible', variant: found.variant, machine: found.content } : found,
  );
};

const listItems = async (args: TestArguments, context: CommandContext): Promise<readonly ListItem[]> => {
  const variants = await listed(args, context);
  const { path: directory, cleanup } = await dir(temporaryOptions());
  // What a manager needs of the machine is the same for all suites.
  const known = new Map<string, string | null>();
  try {
    const items: ListItem[] = [];
    for (const found of variants) {
      const { variant } = found;
      if (found.kind !== 'possible') {
        items.push({ variant, state: found.kind, reason: found.reason });
        continue;
      }
      const key = `${variant.profile}.${variant.manager}`;
      const reason = known.has(key)
        ? (known.get(key) ?? null)
        : await whyNotHere({ ...variant, machine: found.machine }, directory, context);
      known.set(key, reason);
      items.push({ variant, state: reason === null ? 'ready' : 'not tried', reason });
    }
    return items;
  } finally {
    await cleanup();
  }
};

/** Prints what would be run, and what cannot be run here. */
const list = async (args: TestArguments, context: CommandContext): Promise<undefined> => {
  const items = await listItems(args, context);
  if (args.json === true) {
    const plain = items.map(({ variant: { name, suite, profile, manager }, state, reason }) => ({
      ...{ name, suite, profile, manager },
      ...{ state, ...(reason === null ? {} : { reason }) },
    }));
    context.print(`${JSON.stringify({ formatVersion: 1, variants: plain }, null, 2)}\n`);
    return undefined;
  }
  const told = items.map(({ variant, state, reason }) => [
    variant.name,
    reason === null ? state : `${state}: ${reason.split('\n')[0] ?? ''}`,
  ]);
  context.print(formatTable([['VARIANT', 'STATE'], ...told]));
  return undefined;
};

/** Prints what came out: a matrix, and why variants were not tried; or a report. */
const print = (results: readonly Result[], args: TestArguments, context: CommandContext): void => {
  if (args.json === true) {
    context.print(jsonReport(results));
    return;
  }
  if (args.tap === true) {
    context.print(tapReport(results));
    return;
  }
  const { passed, failed, notTried } = countResults(results);
  const reasons = reasonsNotTried(results).map(({ reason, variants }) => {
    const [first = '', ...others] = variants;
    const who = others.length === 0 ? first : `${first} and ${countOf(others.length, 'other', 'others')}`;
    return `${visibleLine(`– ${who}: ${reason.split('\n')[0] ?? ''}`)}\n`;
  });
  context.print(
    [
      formatTable(matrixOf(results)),
      reasons.length === 0 ? '\n' : '\nnot tried:\n',
      ...reasons,
      `${String(passed)} passed, ${String(failed)} failed, ${String(notTried)} not tried\n`,
    ].join(''),
  );
};

const exitCodeOf = (results: readonly Result[], isStrict: boolean): ExitCode => {
  const { passed, failed, notTried } = countResults(results);
  if (failed > 0 || (isStrict && notTried > 0)) return exitCodes.testFailed;
  return passed > 0 ? exitCodes.success : exitCodes.nothingTested;
};

const optionsOf = (args: TestArguments, directory: string): TestOptions => {
  const interactive = args.interactive === true;
  const logs = args.logs === undefined ? join(directory, 'logs') : resolve(args.logs);
  mkdirSync(logs, { recursive: true });
  return {
    keep: args.keep === true,
    interactive,
    timeout: args.timeout ?? defaultTimeout,
    // Mostly they wait.
    jobs: args.jobs ?? availableParallelism(),
    directory,
    logs,
  };
};

const refuseSeveral = (prospects: readonly Prospect[]): void => {
  if (prospects.length === 1) return;
  throw new UsageError({
    what: '--interactive is for one variant',
    why: `${String(prospects.length)} are chosen`,
    fix: 'Choose one with -A, for example -A nginx.privileged.sysvinit; --list shows all',
  });
};

/**
 * Runs the test suites that the command line names.
 *
 * @returns 0 when all that was tried passed, 12 when a variant failed, 13 when nothing could be tried
 * @throws EvaluationError, BuildError; UsageError when no variant is chosen; ExplainedError when a signal ended the tests
 */
export const testSuites = async (args: TestArguments, context: CommandContext): Promise<ExitCode | undefined> => {
  if (args.list === true) return list(args, context);
  const { path: directory, cleanup } = await dir(temporaryOptions());
  try {
    const prospects = await prepare(args, directory, context);
    const options = optionsOf(args, directory);
    if (options.interactive) refuseSeveral(prospects);
    const keepsLogs = args.logs !== undefined;
    const progress = showProgress(process.stderr, context.colour, {
      isLive: process.stderr.isTTY && context.env['TERM'] !== 'dumb' && args.quiet !== true && !options.interactive,
      isQuiet: args.quiet === true,
      keepsLogs,
    });
    const [results, wasInterrupted] = await withStopSignals(async ({ first }) => {
      const all = await runVariants(prospects, options, progress.listener, context.env, first);
      return [all, first.aborted] as const;
    }, context.stopSignals).finally(progress.stop);
    const told = keepsLogs ? results : results.map((result) => ({ ...result, logFile: null }));
    if (!options.interactive) print(told, args, context);
    if (args.junit !== undefined) await writeTextAtomically(resolve(args.junit), junitReport(told));
    if (wasInterrupted) {
      throw new ExplainedError(exitCodes.interrupted, {
        what: 'The tests were interrupted',
        why: 'A signal asked for it',
      });
    }
    return options.interactive ? undefined : exitCodeOf(results, args.strict === true);
  } finally {
    await cleanup();
  }
};
