import { lstat, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ActivationError } from '../../system/errors.js';

/** What stands at the place of a link: a target, nothing, or something that is no link of ours. */
type Place = { readonly kind: 'link'; readonly target: string } | { readonly kind: 'nothing' | 'foreign' };

/** What to link where, by program; null for what must not be there. */
export type ProgramTargets = ReadonlyMap<string, string | null>;

const fileName = (program: string): string => `${program}.conf`;

const placeAt = async (path: string, program: string): Promise<Place> => {
  const stats = await lstat(path).catch(() => null);
  if (stats === null) return { kind: 'nothing' };
  if (!stats.isSymbolicLink()) return { kind: 'foreign' };
  const target = await readlink(path);
  // A link into a profile, made by us or by the tools that we follow.
  return target.endsWith(`/conf.d/${fileName(program)}`) ? { kind: 'link', target } : { kind: 'foreign' };
};

/** Programs that have a link in the directory. */
export const linkedPrograms = async (directory: string): Promise<readonly string[]> => {
  const names = await readdir(directory).catch(() => []);
  return names.flatMap((name) =>
    name.endsWith('.conf') && !name.startsWith('.') ? [name.slice(0, -'.conf'.length)] : [],
  );
};

/**
 * Makes and removes links, each at one blow: supervisord may read the directory at any time.
 *
 * @returns the links that were there before, of those that changed: with them the same call undoes this one
 * @throws ActivationError, before anything is changed, when a file of somebody else is in the way
 */
export const changeLinks = async (directory: string, targets: ProgramTargets): Promise<ProgramTargets> => {
  const places = await Promise.all(
    [...targets].map(async ([program, target]) => ({
      program,
      target,
      path: join(directory, fileName(program)),
      place: await placeAt(join(directory, fileName(program)), program),
    })),
  );
  const foreign = places.find(({ place, target }) => place.kind === 'foreign' && target !== null);
  if (foreign !== undefined) {
    throw new ActivationError({
      what: `The program "${foreign.program}" cannot be linked at ${foreign.path}`,
      why: 'A file that no deployment made is in its place',
      fix: 'Move that file away, or give the process another name',
    });
  }
  const before = new Map<string, string | null>();
  await Promise.all(
    places.map(async ({ program, target, path, place }) => {
      const current = place.kind === 'link' ? place.target : null;
      if (place.kind === 'foreign' || current === target) return;
      before.set(program, current);
      if (target === null) {
        await rm(path);
        return;
      }
      const temporary = join(directory, `.${fileName(program)}.${process.pid}`);
      await rm(temporary, { force: true });
      await symlink(target, temporary);
      await rename(temporary, path);
    }),
  );
  return before;
};
