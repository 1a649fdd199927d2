import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { temporaryBeside } from '../../state/temporary-names.js';
import { ActivationError } from '../../system/errors.js';
import type { Place } from './place.js';
import type { Programs } from './programs.js';
import { sourceDirectory } from './service-definition.js';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Where the database of a generation is: each profile in the store has its own. */
export const databaseOf = (profile: string, { databases }: Place): string => join(databases, basename(profile));

/**
 * Compiles the services of a profile, aside: an interrupted compilation leaves no half database behind.
 *
 * @throws ActivationError with the words of s6-rc-compile
 */
export const compile = async (profile: string, database: string, programs: Programs): Promise<void> => {
  await mkdir(dirname(database), { recursive: true, mode: 0o755 });
  const aside = temporaryBeside(database);
  const { exitCode, stderr } = await programs.run('s6-rc-compile', [aside, join(profile, sourceDirectory)]);
  if (exitCode !== 0) {
    await rm(aside, { recursive: true, force: true });
    throw new ActivationError({
      what: 's6-rc-compile refuses the services of the profile; nothing was changed',
      why: stderr.trim() === '' ? `It ended with exit code ${exitCode}` : stderr.trim(),
      fix: `Correct the service that it names; the definitions are below ${join(profile, sourceDirectory)}`,
    });
  }
  await rename(aside, database);
};

/** The database of a profile, compiled unless there is one. Its name is the profile's: it never changes. */
export const provideDatabase = async (profile: string, place: Place, programs: Programs): Promise<string> => {
  const database = databaseOf(profile, place);
  if (!(await exists(database))) await compile(profile, database, programs);
  return database;
};

/**
 * Removes the databases of generations that are no longer in the store.
 *
 * @param live the database in use, which stays whatever has become of its profile
 * @param profile any profile, for the directory of the store
 */
export const pruneDatabases = async (live: string | null, profile: string, { databases }: Place): Promise<void> => {
  const names = await readdir(databases).catch(() => []);
  await Promise.all(
    names.map(async (name) => {
      const database = join(databases, name);
      // What another command compiles at this moment.
      if (name.startsWith('.')) return;
      if (database === live || (await exists(join(dirname(profile), name)))) return;
      await rm(database, { recursive: true, force: true });
    }),
  );
};
