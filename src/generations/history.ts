import { join } from 'node:path';
import { writeJsonAtomically } from '../state/atomic-file.js';
import { readRegularFile } from '../state/regular-file.js';
import * as z from '../system/schema.js';
import type { Generation } from './generations.js';
import type { ProfileLocation } from './profile-location.js';

/**
 * Which generations were current before the one that is, the last one at the end. Generation numbers alone do not tell:
 * after switching from 7 to 3, the generation before is 7.
 */
export type History = readonly number[];

const schema = z.array(z.int().check(z.positive()));
const fileOf = ({ stateDirectory }: ProfileLocation): string => join(stateDirectory, 'history.json');

/** An unreadable history is an empty one: rollback then goes by generation numbers. */
export const readHistory = (location: ProfileLocation): Promise<History> => {
  try {
    return Promise.resolve(schema.parse(JSON.parse(readRegularFile(fileOf(location)))));
  } catch {
    return Promise.resolve([]);
  }
};

export const writeHistory = (location: ProfileLocation, history: History): Promise<void> =>
  writeJsonAtomically(fileOf(location), history);

/** The history after leaving a generation for one that is not a rollback's target. A hundred steps back are enough. */
export const historyAfterLeaving = (history: History, left: number | null): History =>
  left === null ? history : [...history, left].slice(-100);

/** Where a rollback goes. */
export interface RollbackTarget {
  readonly number: number;
  /** The history that remains. */
  readonly history: History;
  /** Generations that would have been next, but did not run well when they were last activated. */
  readonly passedOver: readonly number[];
}

/**
 * Where a rollback goes: the last good generation that was current before, and further back each time. Generations that
 * were deleted since are passed over. Null when there is nowhere to go.
 *
 * @param isGood whether a generation ran well when it was last activated. Default: all did
 */
export const rollbackTarget = (
  history: History,
  generations: readonly Generation[],
  isGood: (number: number) => boolean = () => true,
): RollbackTarget | null => {
  const current = generations.find(({ isCurrent }) => isCurrent)?.number;
  const existing = new Set(generations.map(({ number }) => number).filter((number) => number !== current));
  const candidates = history
    .map((number, index) => ({ number, history: history.slice(0, index) }))
    .filter(({ number }) => existing.has(number))
    .toReversed();
  // Generations made before there was a history: the next older one, as nix-env --rollback does.
  const older = [...existing]
    .filter((number) => history.length === 0 && current !== undefined && number < current)
    .sort((a, b) => b - a)
    .map((number) => ({ number, history: [] }));
  const passedOver: number[] = [];
  for (const candidate of [...candidates, ...older]) {
    if (isGood(candidate.number)) return { ...candidate, passedOver };
    passedOver.push(candidate.number);
  }
  return null;
};
