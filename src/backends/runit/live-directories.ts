import { mkdir, readdir, readlink, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { explainFileError } from '../../state/file-errors.js';
import type { DeployedUnit } from '../backend.js';
import { processFile } from '../shared/only-process.js';
import { activationOf } from './activation-data.js';
import type { Place } from './place.js';
import { begunFile } from './scripts.js';

/*
 * Service directories that runsv works in. The scripts in them are links into the profile: runsv itself needs to write
 * beside them.
 */

/** With this file in it, runsv does not start a service by itself (runsv(8)). */
const down = 'down';

const exists = (path: string): Promise<boolean> =>
  readdir(path).then(
    () => true,
    () => false,
  );

/** What leads into the profile, relative to the service directory. The logger has a service directory of its own. */
const linksOf = (unit: DeployedUnit): ReadonlyMap<string, string> => {
  const { directory, entries } = activationOf(unit);
  return new Map(
    entries.map((entry) => {
      const name = entry === 'log' ? 'log/run' : entry;
      return [name, join(unit.profile, directory, name)];
    }),
  );
};

const linkTarget = (path: string): Promise<string | null> => readlink(path).catch(() => null);

const setLink = async (path: string, target: string): Promise<void> => {
  if ((await linkTarget(path)) === target) return;
  await rm(`${path}.new`, { force: true });
  await symlink(target, `${path}.new`);
  await rename(`${path}.new`, path).catch(async () => {
    // Somebody has put a directory there.
    await rm(path, { recursive: true, force: true });
    await rename(`${path}.new`, path);
  });
};

/** Names that runit itself, and our scripts, use in a service directory. */
const ownNames: readonly string[] = ['supervise', down, 'log', processFile, begunFile];

/** The service directories of one profile. */
export interface LiveDirectories {
  /** Those that are there, by the names of their services. */
  readonly names: () => Promise<readonly string[]>;
  /** Whether a logger belongs to it, as runsv saw it. */
  readonly isLogged: (unit: DeployedUnit) => Promise<boolean>;
  /** Makes it, for a service that is down. runsvdir has to be told. @throws ActivationError */
  readonly make: (unit: DeployedUnit) => Promise<void>;
  /** Has its scripts be those of this unit. @throws ActivationError */
  readonly link: (unit: DeployedUnit) => Promise<void>;
  /** Which of its scripts are not those of this unit, relative to the directory. */
  readonly foreignEntries: (unit: DeployedUnit) => Promise<readonly string[]>;
  /** Whether runsv starts it by itself. @throws ActivationError when it cannot be written */
  readonly setWanted: (unit: Pick<DeployedUnit, 'name'>, isWanted: boolean) => Promise<void>;
  /** Has runsvdir not see it any more. */
  readonly hide: (name: string) => Promise<void>;
  /** Removes it; nothing in it may run. */
  readonly remove: (name: string) => Promise<void>;
  /**
   * Makes the time at which the directory that runsvdir looks at was changed an old one: it waits for a second when it finds a
   * change of the present one.
   */
  readonly makeOld: () => Promise<void>;
}

export const liveDirectories = (place: Place): LiveDirectories => {
  const directoryOf = (unit: Pick<DeployedUnit, 'name'>): string => join(place.services, unit.name);
  const explaining = async <Result>(path: string, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw explainFileError(`The service directory ${path} cannot be written`, error, '--runtime-dir');
    }
  };
  /** Seconds: each change has a time of its own. */
  let age = 100;

  return {
    names: async () => (await readdir(place.services).catch(() => [])).filter((name) => !name.startsWith('.')),
    isLogged: (unit) => exists(join(directoryOf(unit), 'log')),
    make: (unit) =>
      explaining(directoryOf(unit), async () => {
        const draft = join(place.services, `.${unit.name}.new`);
        await rm(draft, { recursive: true, force: true });
        await mkdir(draft, { recursive: true, mode: 0o755 });
        await writeFile(join(draft, down), '');
        for (const [name, target] of linksOf(unit)) {
          if (name.startsWith('log/')) await mkdir(join(draft, 'log'));
          await symlink(target, join(draft, name));
        }
        await rename(draft, directoryOf(unit));
        await mkdir(place.scan, { recursive: true, mode: 0o755 });
        await setLink(join(place.scan, unit.name), `../sv/${unit.name}`);
      }),
    link: (unit) =>
      explaining(directoryOf(unit), async () => {
        const links = linksOf(unit);
        for (const name of await readdir(directoryOf(unit))) {
          if (!ownNames.includes(name) && !links.has(name)) {
            await rm(join(directoryOf(unit), name), { recursive: true, force: true });
          }
        }
        for (const [name, target] of links) await setLink(join(directoryOf(unit), name), target);
      }),
    foreignEntries: async (unit) => {
      const wrong = await Promise.all(
        [...linksOf(unit)].map(async ([name, target]) =>
          (await linkTarget(join(directoryOf(unit), name))) === target ? [] : [name],
        ),
      );
      return wrong.flat();
    },
    setWanted: (unit, isWanted) =>
      explaining(directoryOf(unit), async () => {
        const file = join(directoryOf(unit), down);
        if (isWanted) await rm(file, { force: true });
        else if (await exists(directoryOf(unit))) await writeFile(file, '');
      }),
    hide: (name) => rm(join(place.scan, name), { force: true }),
    remove: (name) => rm(join(place.services, name), { recursive: true, force: true }),
    makeOld: async () => {
      age += 10;
      const time = Math.floor(Date.now() / 1000) - age;
      await utimes(place.scan, time, time).catch(() => undefined);
    },
  };
};
