import { join } from 'node:path';
import { mapConcurrently } from '../system/map-concurrently.js';
import type { Outcome, Result } from './outcome.js';
import { runVariant, type RunOptions } from './run-variant.js';
import type { Prospect, VariantName } from './variant.js';

/** Hears of each variant as it is run. */
export interface TestListener {
  readonly onBegin: (variant: VariantName) => void;
  readonly onPhase: (variant: VariantName, phase: string, instance: string | null) => void;
  readonly onKept: (variant: VariantName, enter: string, end: string) => void;
  readonly onEnd: (result: Result) => void;
}

export interface TestOptions extends RunOptions {
  /** How many machines there are at once. */
  readonly jobs: number;
  /** A temporary directory. */
  readonly directory: string;
  /** Where logs are written. */
  readonly logs: string;
}

/** How a variant that is not run went. */
const withoutRun = (prospect: Exclude<Prospect, { kind: 'ready' }>): Outcome =>
  prospect.kind === 'broken'
    ? { kind: 'failed', seconds: 0, parts: {}, reason: prospect.reason, failure: null }
    : { kind: 'not tried', reason: prospect.reason };

/**
 * Runs variants, each in a machine of its own.
 *
 * @param signal aborted: machines that run are ended, and no further one is made
 * @returns the results, in the order of the variants
 */
export const runVariants = (
  prospects: readonly Prospect[],
  options: TestOptions,
  listener: TestListener,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<readonly Result[]> => {
  const isOver = (): boolean => signal.aborted;
  return mapConcurrently(prospects, options.jobs, async (prospect) => {
    const { variant } = prospect;
    const finish = (outcome: Outcome, logFile: string | null): Result => {
      const result = { variant, outcome, logFile };
      listener.onEnd(result);
      return result;
    };
    if (prospect.kind !== 'ready') return finish(withoutRun(prospect), null);
    if (isOver()) return finish({ kind: 'not tried', reason: 'the tests were interrupted' }, null);
    listener.onBegin(variant);
    const logFile = options.interactive ? null : join(options.logs, `${variant.name.replaceAll('/', '-')}.log`);
    const outcome = await runVariant(
      prospect.variant,
      options,
      { directory: options.directory, logFile },
      {
        onPhase: (phase, instance) => {
          listener.onPhase(variant, phase, instance);
        },
        onKept: (enter, end) => {
          listener.onKept(variant, enter, end);
        },
      },
      { env, signal },
    );
    const isEnded = isOver() && outcome.kind === 'failed';
    return finish(isEnded ? { kind: 'not tried', reason: 'the tests were interrupted' } : outcome, logFile);
  });
};
