import { lstatSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJsonAtomically } from '../../state/atomic-file.js';
import { errnoOf, explainFileError } from '../../state/file-errors.js';
import { readRegularFile, thingOf } from '../../state/regular-file.js';
import { ActivationError } from '../../system/errors.js';
import * as z from '../../system/schema.js';
import { unitName } from './unit-name.js';

/** A link below the directory of the units, with what it leads to. */
export interface OwnedLink {
  readonly path: string;
  readonly target: string;
}

/** Which links in the directory of the units belong to a profile. */
export interface LinkRecord {
  /** The link that points to the profile's current generation. */
  readonly profileLink: string;
  readonly links: readonly OwnedLink[];
}

const schema = z.object({
  profileLink: z.string().check(z.startsWith('/')),
  links: z.array(z.object({ path: z.string(), target: z.string() })),
});

// systemd takes no notice of files with a dot in front.
const prefix = '.nix-processmgmt-';

/** The file of a profile's record, beside the units. */
export const recordFile = (profileName: string): string => unitName(prefix, profileName, 'json');

/**
 * Reads a record; null when there is none, `damaged` when it does not say what it should.
 *
 * @throws ActivationError when it cannot be read
 */
const readRecord = async (path: string): Promise<LinkRecord | 'damaged' | null> => {
  try {
    return schema.parse(JSON.parse(readRegularFile(path)));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    if (error instanceof SyntaxError || error instanceof z.ZodError) return 'damaged';
    throw explainFileError(`The file ${path} cannot be read`, error);
  }
};

/**
 * Looks whether what is written down beside the units can be read and replaced: only what is stopped afterwards can then
 * also be forgotten.
 *
 * @param target the file of the profile's target
 * @throws ActivationError when something else is in the place of a file, or nobody may read it
 */
export const checkOwnFiles = async (directory: string, profileName: string, target: string): Promise<void> => {
  await readRecord(join(directory, recordFile(profileName)));
  for (const name of [recordFile(profileName), target]) {
    const found = lstatSync(join(directory, name), { throwIfNoEntry: false });
    if (found === undefined || found.isFile()) continue;
    throw new ActivationError({
      what: `${join(directory, name)} is ${thingOf(found)}, not a file`,
      why: 'A switch writes down there what belongs to the profile',
      fix: 'Move it away',
    });
  }
};

/** The records in one directory of units. */
export const createLinkRecords = (directory: string, profileName: string) => {
  const file = join(directory, recordFile(profileName));
  return {
    /** That of the profile. @throws ActivationError when it cannot be read */
    read: (): Promise<LinkRecord | 'damaged' | null> => readRecord(file),
    /** Those of all other profiles, and the files of those that are damaged. @throws ActivationError when one cannot be read */
    readOthers: async (): Promise<{ readonly records: readonly LinkRecord[]; readonly damaged: readonly string[] }> => {
      const names = await readdir(directory).catch(() => []);
      const others = names.filter(
        (name) => name.startsWith(prefix) && name.endsWith('.json') && name !== recordFile(profileName),
      );
      const found = await Promise.all(
        others.map(async (name) => ({ path: join(directory, name), record: await readRecord(join(directory, name)) })),
      );
      return {
        records: found.flatMap(({ record }) => (record === null || record === 'damaged' ? [] : [record])),
        damaged: found.flatMap(({ path, record }) => (record === 'damaged' ? [path] : [])),
      };
    },
    /** @throws ActivationError when it cannot be written */
    write: ({ profileLink, links }: LinkRecord): Promise<void> =>
      writeJsonAtomically(file, { profileLink, links: links.map(({ path, target }) => ({ path, target })) }),
    remove: (): Promise<void> => rm(file, { force: true }),
  };
};
