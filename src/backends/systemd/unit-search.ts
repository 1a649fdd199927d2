import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { targetOf } from './link-target.js';

/** What systemd finds under the names of our units in the directories that it searches (systemd.unit(5)). */
export interface UnitSearch {
  /** What hides the unit: /dev/null, or somebody else's file in a directory that goes before ours; null for nothing. */
  readonly hiddenBy: (unit: string) => { readonly path: string; readonly isMask: boolean } | null;
  /** Files that change the unit, by whomever. */
  readonly dropIns: (unit: string) => readonly string[];
}

const entriesOf = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
};

/** A directory of units, as it was at one moment; looked at synchronously, as targetOf does. */
export interface DirectoryListing {
  readonly directory: string;
  readonly names: ReadonlySet<string>;
  /** Whether the name is that of a mask. */
  readonly isMask: (name: string) => boolean;
}

/** @param units those whose masks are looked for now rather than when somebody asks. Default: none */
export const listDirectory = (directory: string, units: readonly string[] = []): DirectoryListing => {
  const names = new Set(entriesOf(directory));
  const masks = new Map<string, boolean>();
  const isMask = (name: string): boolean => {
    const known = masks.get(name);
    if (known !== undefined) return known;
    const found = targetOf(`${directory}/${name}`) === '/dev/null';
    masks.set(name, found);
    return found;
  };
  for (const unit of units) if (names.has(unit)) isMask(unit);
  return { directory, names, isMask };
};

/** The directories whose files change a unit: `a-b.service.d` and, for all units that begin so, `a-.service.d`. */
const dropInDirectories = (unit: string): readonly string[] => {
  const dot = unit.lastIndexOf('.');
  const [name, type] = [unit.slice(0, dot), unit.slice(dot)];
  const prefixes = [...name.matchAll(/-/g)].map(({ index }) => name.slice(0, index + 1));
  return [name, ...prefixes].map((stem) => `${stem}${type}.d`);
};

/** Which of these units the files in a directory change, by the name of the directory; see dropInDirectories. */
const changedBy = (dropInDirectory: string, units: ReadonlySet<string>): readonly string[] => {
  const unit = dropInDirectory.slice(0, -'.d'.length);
  const dot = unit.lastIndexOf('.');
  const [stem, type] = [unit.slice(0, dot), unit.slice(dot)];
  if (!stem.endsWith('-')) return units.has(unit) ? [unit] : [];
  return [...units].filter((name) => name.startsWith(stem) && name.endsWith(type));
};

/**
 * Looks into the directories, without asking systemd: each is listed once.
 *
 * @param path in the order in which systemd searches (its property UnitPath)
 * @param ours the directory among them where our links are
 */
export const searchUnits = (path: readonly string[], ours: DirectoryListing, units: readonly string[]): UnitSearch => {
  const listings = path.map((directory) => (directory === ours.directory ? ours : listDirectory(directory)));
  const last = listings.indexOf(ours);
  const searched = last === -1 ? listings : listings.slice(0, last + 1);
  const hiding = new Map<string, { path: string; isMask: boolean }>();
  for (const unit of units) {
    const first = searched.find(({ names }) => names.has(unit));
    if (first === undefined) continue;
    const isMask = first.isMask(unit);
    if (isMask || first !== ours) hiding.set(unit, { path: join(first.directory, unit), isMask });
  }
  // Few directories have any, and there may be hundreds of units.
  const all = new Set(units);
  const changing = listings.filter(({ names }) => [...names].some((name) => name.endsWith('.d')));
  const changed = new Set(
    changing.flatMap(({ names }) =>
      [...names].filter((name) => name.endsWith('.d')).flatMap((name) => changedBy(name, all)),
    ),
  );
  const dropIns = new Map<string, readonly string[]>();
  for (const unit of changed) {
    const candidates = dropInDirectories(unit);
    const found: string[] = [];
    for (const { directory, names } of changing) {
      for (const name of candidates.filter((candidate) => names.has(candidate))) {
        const files = entriesOf(join(directory, name)).filter((file) => file.endsWith('.conf'));
        found.push(...[...files].sort().map((file) => join(directory, name, file)));
      }
    }
    dropIns.set(unit, found);
  }
  return { hiddenBy: (unit) => hiding.get(unit) ?? null, dropIns: (unit) => dropIns.get(unit) ?? [] };
};
