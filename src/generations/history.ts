import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeJsonAtomically } from '../state/atomic-file.js';
import type { Generation } from './generations.js';
import type { ProfileLocation } from './profile-location.js';

/**
 * Which generations were current before the one that is, the last one at the end. Generation numbers alone do not tell:
 * after switching from 7 to 3, the generation before is 7.
 */
export type History = readonly number[];

const schema = z.array(z.int().positive());
const fileOf = ({ stateDirectory }: ProfileLocation): string => join(stateDirectory, 'history.json');

/** An unreadable history is an empty one: rollback then goes by generation numbers. */
export const readHistory = async (location: ProfileLocation): Promise<History> => {
  try {
    return schema.parse(JSON.parse(await readFile(fileOf(location), 'utf8')));
  } catch {
    return [];
  }
};

export const writeHistory = (location: ProfileLocation, history: History): Promise<void> =>
  writeJsonAtomically(fileOf(location), history);

/** The history after leaving a generation for one that is not a rollback's target. A hundred steps back are enough. */
export const historyAfterLeaving = (history: History, left: number | null): History =>
  left === null ? history : [...history, left].slice(-100);

/**
 * Where a rollback goes, and the history that remains: the generation that was current before, and further back each
 * time. Generations that were deleted since are passed over. Null when there is nowhere to go.
 */
export const rollbackTarget = (
  history: History,
  generations: readonly Generation[],
): { readonly number: number; readonly history: History } | null => {
  const current = generations.find(({ isCurrent }) => isCurrent)?.number;
  const existing = new Set(generations.map(({ number }) => number).filter((number) => number !== current));
  for (let index = history.length - 1; index >= 0; index -= 1) {
    const number = history[index];
    if (number !== undefined && existing.has(number)) return { number, history: history.slice(0, index) };
  }
  if (current === undefined || history.length > 0) return null;
  // Generations made before there was a history: the next older one, as nix-env --rollback does.
  const older = [...existing].filter((number) => number < current);
  return older.length === 0 ? null : { number: Math.max(...older), history: [] };
};
