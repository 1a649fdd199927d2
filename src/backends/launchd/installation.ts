import { mkdir, rm } from 'node:fs/promises';
import { writeTextAtomically } from '../../state/atomic-file.js';
import { explainFileError } from '../../state/file-errors.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type { Json, JsonObject } from '../../system/json.js';
import type { ChangedOnDisk, DeployedProfile, DeployedUnit } from '../backend.js';
import { strayUnit } from '../shared/extra-units.js';
import { moveAside } from '../shared/moved-aside.js';
import { ownerMark, ownerOf } from '../shared/owner-mark.js';
import { readPlist } from './read-plist.js';
import { concurrency, jobFiles, readText } from './job-files.js';
import { plistText } from './render.js';
import type { Scope } from './scope.js';

/** The files of a deployment's jobs in the directory that launchd reads when it starts. */
export interface Installation {
  /** @throws CollisionError when a file that is not ours is where a job has to go */
  check(units: readonly DeployedUnit[]): Promise<void>;
  /**
   * Makes the directory hold the jobs of a generation (null: none), and no others of ours.
   *
   * @returns the units whose files were written
   * @throws ActivationError
   */
  update(next: DeployedProfile | null): Promise<readonly DeployedUnit[]>;
  /** What is not as `update` has left it, and jobs of ours that the generation does not have. */
  drift(
    units: readonly DeployedUnit[],
    others: readonly DeployedUnit[],
  ): Promise<{ readonly changed: readonly ChangedOnDisk[]; readonly extras: readonly DeployedUnit[] }>;
  /** Where launchctl finds the file of a job. */
  fileOf(unit: DeployedUnit): string;
  isInstalled(unit: DeployedUnit): Promise<boolean>;
}

/**
 * What is put into the directory for a job of a profile. An agent that does not say in which sessions it runs would only
 * be loaded where somebody is logged in at the screen.
 */
export const installedText = (text: string, { kind }: Scope, profileLink: string): string => {
  const keys = readPlist(text) as unknown as Record<string, Json>;
  const complete: JsonObject =
    kind === 'agents' && keys['LimitLoadToSessionType'] === undefined
      ? { ...keys, LimitLoadToSessionType: ['Aqua', 'Background'] }
      : keys;
  return `${plistText(complete)}<!-- ${ownerMark(profileLink)} -->\n`;
};

export const createInstallation = (
  scope: Scope,
  profileLink: string,
  current: DeployedProfile | null,
  repairs = false,
): Installation => {
  const { before, fileOf, sourceOf, judge, filesOfProfile } = jobFiles(scope, profileLink, current, repairs);

  return {
    fileOf,
    check: async (units) => {
      await mapConcurrently(units, concurrency, judge);
    },
    drift: async (units, others) => {
      const changed = await mapConcurrently(units, concurrency, async (unit) => {
        const path = fileOf(unit);
        const text = await readText(path);
        if (text === installedText(await sourceOf(unit), scope, profileLink)) return [];
        const what = text === null ? `${path} is missing` : `${path} is not as it was written`;
        return [{ instance: unit.instance, what, restart: text !== null }];
      });
      const wanted = new Set(units.map(fileOf));
      const extras = (await filesOfProfile())
        .filter(({ path }) => !wanted.has(path))
        .map(({ path, text }) => {
          const known = others.find((unit) => fileOf(unit) === path);
          if (known !== undefined) return known;
          const plist = path.slice(scope.directory.length + 1);
          const { Label: label } = readPlist(text) as unknown as Record<string, Json>;
          const name = typeof label === 'string' ? label : plist.slice(0, -'.plist'.length);
          return strayUnit(name, { label: name, plist, user: null, logFiles: [], startsAtOnce: false }, '');
        });
      for (const unit of extras) before.set(fileOf(unit), unit);
      return { changed: changed.flat(), extras };
    },
    isInstalled: async (unit) => (await readText(fileOf(unit))) !== null,
    update: async (next) => {
      const units = next?.units ?? [];
      const wanted = await mapConcurrently(units, concurrency, async (unit) => ({
        unit,
        found: await judge(unit),
        text: installedText(await sourceOf(unit), scope, profileLink),
      }));
      const kept = new Set(units.map(fileOf));
      const written = wanted.filter(({ found, text }) => found.text !== text);
      try {
        await mkdir(scope.directory, { recursive: true });
        for (const [path, unit] of before) {
          const isOurs = !kept.has(path) && (await judge(unit).catch(() => ({ text: null }))).text !== null;
          if (isOurs) await rm(path, { force: true });
        }
      } catch (error) {
        throw explainFileError(`The jobs cannot be put into ${scope.directory}`, error);
      }
      for (const { unit } of written) before.set(fileOf(unit), unit);
      // A copy, since launchd refuses files that somebody else could change, and the store may not be mounted yet.
      await mapConcurrently(written, concurrency, async ({ unit, found, text }) => {
        if (repairs && found.text !== null && ownerOf(found.text) !== profileLink) await moveAside(fileOf(unit));
        await writeTextAtomically(fileOf(unit), text, 0o444);
      });
      before.clear();
      for (const unit of units) before.set(fileOf(unit), unit);
      return written.map(({ unit }) => unit);
    },
  };
};
