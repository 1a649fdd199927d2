import { unitOf } from '../plan/activation-plan.js';
import { isUp, type ObservedUnit } from '../plan/plan-activation.js';
import type { DeployedUnit } from '../profile/manifest.js';
import type { Activation } from './activation.js';
import type { Execution } from './execute-tasks.js';

/** What is to be as it was before a switch that failed. */
export interface Restoration {
  /** What runs by now, without what is none of its concern. */
  readonly now: readonly ObservedUnit[];
  /** What is to run, by the definitions of the generation that the switch left. */
  readonly units: readonly DeployedUnit[];
  /** Names of those among them that did not run before, though their manager was to keep them running. */
  readonly crashed: ReadonlySet<string>;
}

const hadCrashed = ({ observation: { state } }: ObservedUnit): boolean => state === 'failed' || state === 'absent';

const namesOf = (some: readonly ObservedUnit[]): ReadonlySet<string> => new Set(some.map(({ unit }) => unit.name));

const asFailed = (observed: ObservedUnit): ObservedUnit => ({
  ...observed,
  observation: { ...observed.observation, state: 'failed', detail: null },
});

/**
 * Decides what is put back. Pure.
 *
 * What an operator had stopped is stopped again. What had crashed counts as crashed afterwards, so that the next switch
 * starts it. Where the failed switch has stopped it, or made it run by another definition, it is started by its old one,
 * whatever comes of that: stopped, it would seem to be so on purpose, and dependents that run could go down with it.
 *
 * @param seen what runs after the switch has failed
 */
export const whatToRestore = (
  { current, present }: Pick<Activation, 'current' | 'present'>,
  { attempted }: Pick<Execution, 'attempted'>,
  seen: readonly ObservedUnit[],
): Restoration => {
  const wasUp = namesOf(present.filter(isUp));
  const touched = new Set<string>(attempted.map((step) => unitOf(step).name));
  const isDown = namesOf(seen.filter(({ observation }) => observation.state === 'failed'));
  const crashed = new Set(
    [...namesOf(present.filter(hadCrashed))].filter((name) => touched.has(name) && !isDown.has(name)),
  );
  return {
    now: seen
      .filter((observed) => wasUp.has(observed.unit.name) || crashed.has(observed.unit.name) || isUp(observed))
      .map((observed) =>
        crashed.has(observed.unit.name) && observed.observation.state === 'stopped' ? asFailed(observed) : observed,
      ),
    units: current?.profile.units.filter(({ name }) => wasUp.has(name) || crashed.has(name)) ?? [],
    crashed,
  };
};
