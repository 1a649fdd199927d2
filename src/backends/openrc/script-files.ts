import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, explainFileError } from '../../state/file-errors.js';
import { ActivationError } from '../../system/errors.js';
import type { DeployedProfile, DeployedUnit, SessionContext } from '../backend.js';
import { CollisionError } from '../shared/collisions.js';
import { ownerMark, ownerOf } from '../shared/owner-mark.js';
import { activationOf } from './activation-data.js';
import type { Place } from './place.js';
import { namesIn } from './runlevel-links.js';
import { processOf } from './service-name.js';

/** What is in a file; null for no file. @throws ActivationError */
const readText = async (path: string): Promise<string | null> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw explainFileError(`The file ${path} cannot be read`, error);
  }
};

/** The scripts of one profile in OpenRC's own directory: what they hold, and whose is what is there. */
export interface ScriptFiles {
  readonly pathCalled: (service: string) => string;
  readonly pathOf: (unit: DeployedUnit) => string;
  /** What is to stand in a script. @throws ActivationError when the profile has none for it */
  readonly wantedText: (unit: DeployedUnit) => Promise<string>;
  /** What stands there; null for nothing. */
  readonly textOf: (unit: DeployedUnit) => Promise<string | null>;
  /** The same. @throws CollisionError when it is somebody else's and may not be moved away */
  readonly judge: (unit: DeployedUnit) => Promise<string | null>;
  /** Names of services that are ours, and that none of these units is. */
  readonly othersThan: (units: readonly DeployedUnit[]) => Promise<readonly string[]>;
}

export const scriptFiles = (
  { scripts }: Place,
  { profileLink, repair = false }: Pick<SessionContext, 'profileLink' | 'repair'>,
  current: DeployedProfile | null,
): ScriptFiles => {
  const pathCalled = (service: string): string => join(scripts, service);
  const pathOf = (unit: DeployedUnit): string => pathCalled(activationOf(unit).service);
  const ofGeneration = new Set((current?.units ?? []).map(pathOf));
  return {
    pathCalled,
    pathOf,
    textOf: (unit) => readText(pathOf(unit)),
    wantedText: async (unit) => {
      const source = join(unit.profile, activationOf(unit).script);
      const text = await readText(source);
      if (text !== null) return `${text}\n# ${ownerMark(profileLink)}\n`;
      throw new ActivationError({
        what: `The profile has no script for ${unit.instance}`,
        why: `There is no file ${source}`,
        fix: 'Build the profile again',
      });
    },
    judge: async (unit) => {
      const path = pathOf(unit);
      const text = await readText(path);
      if (text === null || ownerOf(text) === profileLink || (repair && ofGeneration.has(path))) return text;
      const owner = ownerOf(text);
      throw new CollisionError({
        what: `The script of ${unit.instance} cannot be put into ${path}`,
        why: owner === null ? 'A file that no deployment made is in its place' : `It belongs to the profile ${owner}`,
        fix: ofGeneration.has(path)
          ? 'Move that file away, or let it be moved away with: nix-processmgmt-ts switch --repair'
          : 'Move that file away, or give the process another name, instanceName or instanceSuffix',
      });
    },
    othersThan: async (units) => {
      const wanted = new Set(units.map((unit) => activationOf(unit).service));
      const names = (await namesIn(scripts)).filter((name) => processOf(name) !== null && !wanted.has(name)).sort();
      const texts = await Promise.all(names.map((name) => readText(pathCalled(name)).catch(() => null)));
      return names.filter((_, index) => ownerOf(texts[index] ?? '') === profileLink);
    },
  };
};
