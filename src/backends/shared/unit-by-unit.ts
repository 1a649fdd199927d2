import { mapConcurrently } from '../../system/map-concurrently.js';
import type { AfterStop, DeployedUnit, UnitChange, UnitOutcome } from '../backend.js';

/*
 * For managers that are told about one process at a time.
 */

/** How something went that was done to one process. */
export interface Verdict {
  readonly ok: boolean;
  /** Why it failed; null when there is nothing to say. */
  readonly detail: string | null;
}

export const fine: Verdict = { ok: true, detail: null };
export const refused = (detail: string): Verdict => ({ ok: false, detail });

/** One thing after the other, until one fails; that one's verdict, or `fine`. */
export const inTurn = async (steps: readonly (() => Promise<Verdict>)[]): Promise<Verdict> => {
  for (const step of steps) {
    const verdict = await step();
    if (!verdict.ok) return verdict;
  }
  return fine;
};

/**
 * Does something to each of these units.
 *
 * @param jobs how many at once
 */
export const forEachUnit = (
  units: readonly DeployedUnit[],
  jobs: number,
  act: (unit: DeployedUnit) => Promise<Verdict>,
): Promise<readonly UnitOutcome[]> =>
  mapConcurrently(units, jobs, async (unit) => ({ instance: unit.instance, ...(await act(unit)) }));

/** How a unit is replaced. */
export interface Replacement {
  readonly stop: (before: DeployedUnit) => Promise<Verdict>;
  readonly start: (after: DeployedUnit) => Promise<Verdict>;
  readonly afterStop?: AfterStop | undefined;
}

/**
 * Stops each unit by its old definition and starts it by its new one.
 *
 * @param jobs how many at once
 */
export const replaceEachUnit = (
  changes: readonly UnitChange[],
  jobs: number,
  { stop, start, afterStop }: Replacement,
): Promise<readonly UnitOutcome[]> =>
  mapConcurrently(changes, jobs, async ({ before, after }) => {
    const stopped = await stop(before);
    if (stopped.ok) await afterStop?.([before]);
    return { instance: after.instance, ...(stopped.ok ? await start(after) : stopped) };
  });
