import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, explainFileError } from '../../state/file-errors.js';
import { ActivationError } from '../../system/errors.js';
import type { DeployedProfile, DeployedUnit } from '../backend.js';
import { CollisionError } from '../shared/collisions.js';
import { ownerMark, ownerOf } from '../shared/owner-mark.js';
import { activationOf } from './activation-data.js';
import { dictionary, record, symbol, writePreserves } from './preserves.js';

/** What is in a file; null for no file. @throws ActivationError */
export const readText = async (path: string): Promise<string | null> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw explainFileError(`The file ${path} cannot be read`, error);
  }
};

/** What goes into the directory for a daemon: its assertions, and one that says whose they are. */
export const assertedText = (name: string, text: string, profileLink: string): string => {
  const owner = record('metadata', record('daemon', symbol(name)), dictionary({ owner: ownerMark(profileLink) }));
  return `${text}${writePreserves(owner)}\n`;
};

/** The files of one profile's daemons: what they hold, and whose is what is there. */
export interface DaemonFiles {
  /** The file of the daemon of this name. */
  readonly fileCalled: (name: string) => string;
  readonly fileOf: (unit: DeployedUnit) => string;
  /** Where the file is while the daemon is stopped. */
  readonly asideOf: (unit: DeployedUnit) => string;
  /** What stands in the file of a daemon; null for nothing. @throws CollisionError when it is somebody else's */
  readonly judge: (unit: DeployedUnit) => Promise<string | null>;
  /** What is to stand there. @throws ActivationError when the profile has no assertions for it */
  readonly wantedText: (unit: DeployedUnit) => Promise<string>;
}

export const daemonFiles = (
  directory: string,
  profileLink: string,
  current: DeployedProfile | null,
  repairs: boolean,
): DaemonFiles => {
  const fileCalled = (name: string): string => join(directory, `${name}.pr`);
  const fileOf = ({ name }: DeployedUnit): string => fileCalled(name);
  const asideOf = (unit: DeployedUnit): string => `${fileOf(unit)}.stopped`;
  const sourceOf = (unit: DeployedUnit): Promise<string | null> =>
    readText(join(unit.profile, activationOf(unit).file));
  const before = new Map((current?.units ?? []).map((unit) => [fileOf(unit), unit]));

  const judge = async (unit: DeployedUnit): Promise<string | null> => {
    const path = fileOf(unit);
    const text = await readText(path);
    if (text === null || ownerOf(text) === profileLink) return text;
    // Other tools put the files of this generation there as they are in the profile.
    const previous = before.get(path);
    if (previous !== undefined && (await sourceOf(previous)) === text) return text;
    if (previous !== undefined && repairs) return text;
    const owner = ownerOf(text);
    throw new CollisionError({
      what: `The assertions of ${unit.instance} cannot be put into ${path}`,
      why: owner === null ? 'A file that no deployment made is in its place' : `It belongs to the profile ${owner}`,
      fix:
        previous === undefined
          ? 'Move that file away, or give the process another name, instanceName or instanceSuffix'
          : 'Move that file away, or let it be moved away with: nix-processmgmt-ts switch --repair',
    });
  };

  const wantedText = async (unit: DeployedUnit): Promise<string> => {
    const text = await sourceOf(unit);
    if (text !== null) return assertedText(unit.name, text, profileLink);
    throw new ActivationError({
      what: `The profile has no assertions for ${unit.instance}`,
      why: `There is no file ${join(unit.profile, activationOf(unit).file)}`,
      fix: 'Build the profile again',
    });
  };

  return { fileCalled, fileOf, asideOf, judge, wantedText };
};
