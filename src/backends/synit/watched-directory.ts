import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeTextAtomically } from '../../state/atomic-file.js';
import { explainFileError } from '../../state/file-errors.js';
import type { ChangedOnDisk, DeployedProfile, DeployedUnit } from '../backend.js';
import { daemonFiles, readText } from './daemon-files.js';
import { moveAside } from '../shared/moved-aside.js';
import { ownerOf } from '../shared/owner-mark.js';

/**
 * The directory whose files named `*.pr` syndicate-server runs as scripts of its configuration language
 * (https://synit.org/book/operation/builtin/config-watcher.html). When a file changes, everything that it asserted is
 * taken back first, so that only what has changed may be written.
 */
export interface WatchedDirectory {
  /** @throws CollisionError when a file that is not ours is where the assertions of a daemon have to go */
  check(units: readonly DeployedUnit[]): Promise<void>;
  /** What the server is told of a daemon: its file is there, was put aside when it was stopped, or neither. */
  presence(unit: DeployedUnit): Promise<'asserted' | 'put aside' | 'absent'>;
  /** What is not as `assert` has left it, and names of daemons of ours that the generation does not have. */
  drift(
    units: readonly DeployedUnit[],
  ): Promise<{ readonly changed: readonly ChangedOnDisk[]; readonly extras: readonly string[] }>;
  /** Asserts a daemon. @returns whether that changed anything */
  assert(unit: DeployedUnit): Promise<boolean>;
  /** Takes back what a daemon's file asserts, and keeps it by a name that the server does not look at. */
  putAside(unit: DeployedUnit): Promise<void>;
  /** Removes the files of a daemon. */
  remove(unit: DeployedUnit): Promise<void>;
  /** The file of the daemon of this name. */
  fileOf(name: string): string;
  /** Removes the file of a daemon of ours of which only the name is known. */
  removeStray(name: string): Promise<void>;
  /** Has the server run a script once. `during` is awaited before the script is taken away again. */
  runScript(name: string, script: string, during: () => Promise<void>): Promise<void>;
}

/** Does something to files of a directory; a failure is explained. */
const explaining =
  (directory: string) =>
  async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      throw explainFileError(`The assertions in ${directory} cannot be changed`, error);
    }
  };

export const openWatchedDirectory = (
  directory: string,
  profileLink: string,
  current: DeployedProfile | null,
  repairs = false,
): WatchedDirectory => {
  const { fileCalled, fileOf, asideOf, judge, wantedText } = daemonFiles(directory, profileLink, current, repairs);

  const explained = explaining(directory);

  return {
    check: async (units) => {
      for (const unit of units) await judge(unit);
    },
    presence: async (unit) => {
      if ((await readText(fileOf(unit))) !== null) return 'asserted';
      return (await readText(asideOf(unit))) === null ? 'absent' : 'put aside';
    },
    drift: async (units) => {
      const changed = await Promise.all(
        units.map(async (unit) => {
          const text = await readText(fileOf(unit));
          // One that is missing has been told as absent or stopped.
          if (text === null || text === (await wantedText(unit))) return [];
          return [{ instance: unit.instance, what: `${fileOf(unit)} is not as it was written`, restart: true }];
        }),
      );
      const wanted = new Set(units.map(fileOf));
      const names = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.pr')).sort();
      const ours = await Promise.all(
        names.map(async (name) => {
          const path = join(directory, name);
          return !wanted.has(path) && ownerOf((await readText(path)) ?? '') === profileLink;
        }),
      );
      return {
        changed: changed.flat(),
        extras: names.filter((_, index) => ours[index]).map((name) => name.slice(0, -3)),
      };
    },
    assert: async (unit) => {
      const wanted = await wantedText(unit);
      const found = await judge(unit);
      const isChanged = found !== wanted;
      if (repairs && found !== null && isChanged && ownerOf(found) !== profileLink) await moveAside(fileOf(unit));
      // Its temporary name does not end in ".pr".
      if (isChanged) await writeTextAtomically(fileOf(unit), wanted);
      await explained(() => rm(asideOf(unit), { force: true }));
      return isChanged;
    },
    putAside: async (unit) => {
      if ((await judge(unit)) !== null) await explained(() => rename(fileOf(unit), asideOf(unit)));
    },
    remove: async (unit) => {
      const isOurs = (await judge(unit).catch(() => null)) !== null;
      await explained(async () => {
        if (isOurs) await rm(fileOf(unit), { force: true });
        await rm(asideOf(unit), { force: true });
      });
    },
    fileOf: fileCalled,
    removeStray: async (name) => {
      const text = await readText(fileCalled(name));
      if (text !== null && ownerOf(text) === profileLink) await explained(() => rm(fileCalled(name), { force: true }));
    },
    runScript: async (name, script, during) => {
      const path = join(directory, `nixproc-${name}.pr`);
      await writeTextAtomically(path, script);
      try {
        await during();
      } finally {
        await explained(() => rm(path, { force: true }));
      }
    },
  };
};
