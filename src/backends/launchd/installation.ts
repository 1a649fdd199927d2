import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeTextAtomically } from '../../state/atomic-file.js';
import { errnoOf, explainFileError } from '../../state/file-errors.js';
import { ActivationError } from '../../system/errors.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type { Json, JsonObject } from '../../system/json.js';
import type { ChangedOnDisk, DeployedProfile, DeployedUnit } from '../backend.js';
import { CollisionError } from '../shared/collisions.js';
import { strayUnit } from '../shared/extra-units.js';
import { moveAside } from '../shared/moved-aside.js';
import { ownerMark, ownerOf } from '../shared/owner-mark.js';
import { activationOf } from './activation-data.js';
import { readPlist } from './read-plist.js';
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

const concurrency = 16;

const readText = async (path: string): Promise<string | null> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw explainFileError(`The job ${path} cannot be read`, error);
  }
};

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
  const fileOf = (unit: DeployedUnit): string => {
    const { plist } = activationOf(unit);
    return join(scope.directory, plist.slice(plist.lastIndexOf('/') + 1));
  };
  const sourceOf = async (unit: DeployedUnit): Promise<string> => {
    const path = join(unit.profile, activationOf(unit).plist);
    const text = await readText(path);
    if (text !== null) return text;
    throw new ActivationError({
      what: `The profile has no job for ${unit.instance}`,
      why: `There is no file ${path}`,
      fix: 'Build the profile again',
    });
  };
  /** The jobs that may be ours, by their files: after a failed deployment, what it has added has to go again. */
  const before = new Map((current?.units ?? []).map((unit) => [fileOf(unit), unit]));

  /** What is in the place of a job: nothing, a file of ours, or somebody else's. */
  const judge = async (unit: DeployedUnit): Promise<{ readonly text: string | null }> => {
    const path = fileOf(unit);
    const text = await readText(path);
    if (text === null || ownerOf(text) === profileLink) return { text };
    // Other tools put the files of this generation there as they are in the profile.
    const previous = before.get(path);
    if (previous !== undefined && (await sourceOf(previous).catch(() => null)) === text) return { text };
    if (previous !== undefined && repairs) return { text };
    const owner = ownerOf(text);
    throw new CollisionError({
      what: `The job of ${unit.instance} cannot be put into ${path}`,
      why: owner === null ? 'A file that no deployment made is in its place' : `It belongs to the profile ${owner}`,
      fix:
        previous === undefined
          ? 'Move that file away, or give the process another name, instanceName or instanceSuffix'
          : 'Move that file away, or let it be moved away with: nix-processmgmt-ts switch --repair',
    });
  };

  /** The profile's own files in the directory, with what is in them. */
  const filesOfProfile = async (): Promise<readonly { readonly path: string; readonly text: string }[]> => {
    const names = (await readdir(scope.directory).catch(() => [])).filter((name) => name.endsWith('.plist')).sort();
    const files = await mapConcurrently(names, concurrency, async (name) => {
      const path = join(scope.directory, name);
      return { path, text: (await readText(path).catch(() => null)) ?? '' };
    });
    return files.filter(({ text }) => ownerOf(text) === profileLink);
  };

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
