import { UsageError } from '../system/errors.js';
import type { Generation } from './generations.js';

const day = 24 * 60 * 60 * 1000;

/** What one word selects, as nix-env(1) --delete-generations means it. */
const selectedBy = (spec: string, generations: readonly Generation[], now: Date): readonly Generation[] => {
  const newestFirst = generations.toSorted((a, b) => b.number - a.number);
  const [, days] = /^(\d+)d$/.exec(spec) ?? [];
  const [, kept] = /^\+(\d+)$/.exec(spec) ?? [];
  if (spec === 'old') return generations.filter(({ isCurrent }) => !isCurrent);
  if (days !== undefined) {
    const limit = now.getTime() - Number(days) * day;
    // The first of those that are old enough was the one in use at that time: it stays.
    return newestFirst.filter(({ created }) => created.getTime() < limit).slice(1);
  }
  if (kept !== undefined) {
    const current = newestFirst.findIndex(({ isCurrent }) => isCurrent);
    return current < 0 ? [] : newestFirst.slice(current + Number(kept));
  }
  return generations.filter(({ number }) => number === Number(spec));
};

/**
 * Which generations are to be deleted: numbers, "old" (all but the current one), an age in days such as "30d" (what was
 * current at that time stays) or "+5" (the current one and the four before it stay). The current generation and pinned
 * ones are never selected by such a word. Pure.
 *
 * @returns numbers, ascending; one that does not exist is not among them
 * @throws UsageError for another word, and for the number of a generation that is current or pinned
 */
export const generationsToDelete = (
  specs: readonly string[],
  generations: readonly Generation[],
  pins: readonly number[],
  now: Date,
): readonly number[] => {
  const pinned = new Set(pins);
  const selected = specs.flatMap((spec) => {
    if (!/^(\d+|[1-9]\d*d|old|\+[1-9]\d*)$/.test(spec)) {
      throw new UsageError({
        what: `"${spec}" does not say which generations to delete`,
        fix: 'Give generation numbers, "old", an age in days such as "30d", or "+5" to keep the last five',
      });
    }
    const found = selectedBy(spec, generations, now);
    if (!/^\d+$/.test(spec)) return found.filter(({ number, isCurrent }) => !isCurrent && !pinned.has(number));
    if (found.some(({ isCurrent }) => isCurrent)) {
      throw new UsageError({
        what: `Generation ${spec} is the current one`,
        fix: 'Switch to another one first, or delete all of them with: nix-processmgmt-ts generations delete all',
      });
    }
    if (found.some(({ number }) => pinned.has(number))) {
      throw new UsageError({
        what: `Generation ${spec} is pinned`,
        fix: `If it is no longer needed: nix-processmgmt-ts generations unpin ${spec}`,
      });
    }
    return found;
  });
  return [...new Set(selected.map(({ number }) => number))].sort((a, b) => a - b);
};
