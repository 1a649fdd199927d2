import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, explainFileError } from '../../state/file-errors.js';
import { ActivationError } from '../../system/errors.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type { DeployedProfile, DeployedUnit } from '../backend.js';
import { CollisionError } from '../shared/collisions.js';
import { ownerOf } from '../shared/owner-mark.js';
import { activationOf } from './activation-data.js';
import type { Scope } from './scope.js';

/** How many files are looked at together. */
export const concurrency = 16;

/** What is in a file; null for no file. @throws ActivationError */
export const readText = async (path: string): Promise<string | null> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw explainFileError(`The job ${path} cannot be read`, error);
  }
};

/** The files of one profile's jobs: where they go, what they are made from, and whose is what is there. */
export interface JobFiles {
  /** The jobs that may be ours, by their files: after a failed deployment, what it has added has to go again. */
  readonly before: Map<string, DeployedUnit>;
  readonly fileOf: (unit: DeployedUnit) => string;
  /** The text that the profile has for a job. @throws ActivationError when it has none */
  readonly sourceOf: (unit: DeployedUnit) => Promise<string>;
  /** What is in the place of a job: nothing, or a file of ours. @throws CollisionError when it is somebody else's */
  readonly judge: (unit: DeployedUnit) => Promise<{ readonly text: string | null }>;
  /** The profile's own files in the directory, with what is in them. */
  readonly filesOfProfile: () => Promise<readonly { readonly path: string; readonly text: string }[]>;
}

export const jobFiles = (
  scope: Scope,
  profileLink: string,
  current: DeployedProfile | null,
  repairs: boolean,
): JobFiles => {
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
  const before = new Map((current?.units ?? []).map((unit) => [fileOf(unit), unit]));

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

  const filesOfProfile = async (): Promise<readonly { readonly path: string; readonly text: string }[]> => {
    const names = (await readdir(scope.directory).catch(() => [])).filter((name) => name.endsWith('.plist')).sort();
    const files = await mapConcurrently(names, concurrency, async (name) => {
      const path = join(scope.directory, name);
      return { path, text: (await readText(path).catch(() => null)) ?? '' };
    });
    return files.filter(({ text }) => ownerOf(text) === profileLink);
  };

  return { before, fileOf, sourceOf, judge, filesOfProfile };
};
