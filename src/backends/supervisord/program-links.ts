import { lstatSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sweepTemporaries, temporaryBeside } from '../../state/temporary-names.js';
import { CollisionError } from '../shared/collisions.js';
import { moveAside } from '../shared/moved-aside.js';

/** What stands at the place of a link: a target, nothing, or something that is no link of ours. */
type Place = { readonly kind: 'link'; readonly target: string } | { readonly kind: 'nothing' | 'foreign' };

/** What to link where, by program; null for what must not be there. */
export type ProgramTargets = ReadonlyMap<string, string | null>;

const fileName = (program: string): string => `${program}.conf`;

// There may be hundreds of links, and waiting for another thread to look at one takes ten times as long.

const targetOf = (path: string): string | null => {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
};

const placeAt = (path: string, program: string): Place => {
  const target = targetOf(path);
  if (target === null)
    return { kind: lstatSync(path, { throwIfNoEntry: false }) === undefined ? 'nothing' : 'foreign' };
  // A link into a profile, made by us or by the tools that we follow.
  return target.endsWith(`/conf.d/${fileName(program)}`) ? { kind: 'link', target } : { kind: 'foreign' };
};

/** What has become of a link. */
export interface ChangedLink {
  readonly isMissing: boolean;
  /** A sentence without a final period. */
  readonly what: string;
}

/** What has become of the links of programs that should lead to these targets; those that do are left out. */
export const changedLinks = (
  directory: string,
  targets: ReadonlyMap<string, string>,
): ReadonlyMap<string, ChangedLink> => {
  const changes = [...targets].map(([program, target]): [string, ChangedLink] | null => {
    const path = join(directory, fileName(program));
    const place = placeAt(path, program);
    switch (place.kind) {
      case 'link':
        if (place.target === target) return null;
        return [program, { isMissing: false, what: `${path} leads to ${place.target}` }];
      case 'nothing':
        return [program, { isMissing: true, what: `${path} is missing` }];
      case 'foreign':
        return [program, { isMissing: false, what: `${path} was replaced by another file` }];
    }
  });
  return new Map(changes.filter((change) => change !== null));
};

/** Programs that have a link in the directory. */
export const linkedPrograms = async (directory: string): Promise<readonly string[]> => {
  const names = await readdir(directory).catch(() => []);
  return names.flatMap((name) =>
    name.endsWith('.conf') && !name.startsWith('.') ? [name.slice(0, -'.conf'.length)] : [],
  );
};

interface PlacedProgram {
  readonly program: string;
  readonly target: string | null;
  readonly path: string;
  readonly place: Place;
}

const placesOf = (directory: string, targets: ProgramTargets): readonly PlacedProgram[] =>
  [...targets].map(([program, target]) => {
    const path = join(directory, fileName(program));
    return { program, target, path, place: placeAt(path, program) };
  });

const refuseForeign = (places: readonly PlacedProgram[]): void => {
  const foreign = places.find(({ place, target }) => place.kind === 'foreign' && target !== null);
  if (foreign === undefined) return;
  throw new CollisionError({
    what: `The program "${foreign.program}" cannot be linked at ${foreign.path}`,
    why: 'A file that no deployment made is in its place',
    fix: 'Move that file away, or give the process another name',
  });
};

/**
 * Looks, and changes nothing.
 *
 * @returns the programs that have a link already
 * @throws CollisionError when a file of somebody else is where a link has to go
 */
export const checkLinks = (directory: string, targets: ProgramTargets): ReadonlySet<string> => {
  const places = placesOf(directory, targets);
  refuseForeign(places);
  return new Set(places.flatMap(({ program, place }) => (place.kind === 'link' ? [program] : [])));
};

/**
 * Makes and removes links, each at one blow: supervisord may read the directory at any time.
 *
 * @param movesAside whether a file of somebody else that is in the way is moved away. Default: it is refused
 * @returns the links that were there before, of those that changed: with them the same call undoes this one
 * @throws CollisionError, before anything is changed, when a file of somebody else is in the way
 */
export const changeLinks = async (
  directory: string,
  targets: ProgramTargets,
  movesAside = false,
): Promise<ProgramTargets> => {
  const places = placesOf(directory, targets);
  if (!movesAside) refuseForeign(places);
  sweepTemporaries(directory);
  const before = new Map<string, string | null>();
  for (const { program, target, path, place } of places) {
    const current = place.kind === 'link' ? place.target : null;
    if (place.kind === 'foreign' ? target === null : current === target) continue;
    if (place.kind === 'foreign') await moveAside(path);
    before.set(program, current);
    if (target === null) {
      rmSync(path);
      continue;
    }
    const temporary = temporaryBeside(path);
    symlinkSync(target, temporary);
    renameSync(temporary, path);
  }
  return before;
};
