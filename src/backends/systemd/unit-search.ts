import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { targetOf } from './link-target.js';

/** What systemd finds under the names of our units in the directories that it searches (systemd.unit(5)). */
export interface UnitSearch {
  /** What hides the unit: /dev/null, or somebody else's file in a directory that goes before ours; null for nothing. */
  readonly hiddenBy: (unit: string) => { readonly path: string; readonly isMask: boolean } | null;
  /** Files that change the unit, by whomever. */
  readonly dropIns: (unit: string) => readonly string[];
}

const entriesOf = (directory: string): Promise<readonly string[]> => readdir(directory).catch(() => []);

/** The directories whose files change a unit: `a-b.service.d` and, for all units that begin so, `a-.service.d`. */
const dropInDirectories = (unit: string): readonly string[] => {
  const dot = unit.lastIndexOf('.');
  const [name, type] = [unit.slice(0, dot), unit.slice(dot)];
  const prefixes = [...name.matchAll(/-/g)].map(({ index }) => name.slice(0, index + 1));
  return [name, ...prefixes].map((stem) => `${stem}${type}.d`);
};

/**
 * Looks into the directories, without asking systemd: each is listed once.
 *
 * @param path in the order in which systemd searches (its property UnitPath)
 * @param ours the directory among them where our links are
 */
export const searchUnits = async (
  path: readonly string[],
  ours: string,
  units: readonly string[],
): Promise<UnitSearch> => {
  const listings = await Promise.all(
    path.map(async (directory) => ({ directory, entries: new Set(await entriesOf(directory)) })),
  );
  const hiding = new Map<string, { path: string; isMask: boolean }>();
  for (const unit of units) {
    for (const { directory, entries } of listings) {
      if (entries.has(unit)) {
        const found = join(directory, unit);
        const isMask = targetOf(found) === '/dev/null';
        if (isMask || directory !== ours) hiding.set(unit, { path: found, isMask });
        break;
      }
      if (directory === ours) break;
    }
  }
  // Few directories have any, and there may be hundreds of units.
  const changing = listings.filter(({ entries }) => [...entries].some((name) => name.endsWith('.d')));
  const dropIns = new Map<string, readonly string[]>();
  for (const unit of units) {
    const candidates = dropInDirectories(unit);
    const found: string[] = [];
    for (const { directory, entries } of changing) {
      for (const name of candidates.filter((candidate) => entries.has(candidate))) {
        const files = (await entriesOf(join(directory, name))).filter((file) => file.endsWith('.conf'));
        found.push(...[...files].sort().map((file) => join(directory, name, file)));
      }
    }
    dropIns.set(unit, found);
  }
  return { hiddenBy: (unit) => hiding.get(unit) ?? null, dropIns: (unit) => dropIns.get(unit) ?? [] };
};
