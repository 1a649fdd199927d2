import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJsonAtomically } from '../../state/atomic-file.js';
import { errnoOf, explainFileError } from '../../state/file-errors.js';
import { readRegularFile } from '../../state/regular-file.js';
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
  profileLink: z.string(),
  links: z.array(z.object({ path: z.string(), target: z.string() })),
});

// systemd takes no notice of files with a dot in front.
const prefix = '.nix-processmgmt-';

/** The file of a profile's record, beside the units. */
export const recordFile = (profileName: string): string => unitName(prefix, profileName, 'json');

/**
 * Reads a record; null when there is none.
 *
 * @throws ActivationError when it cannot be read
 */
const readRecord = async (path: string): Promise<LinkRecord | null> => {
  try {
    return schema.parse(JSON.parse(readRegularFile(path)));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    if (error instanceof SyntaxError || error instanceof z.ZodError) {
      throw new ActivationError(
        {
          what: `${path} does not say which units belong to the profile`,
          why: error instanceof z.ZodError ? z.prettifyError(error) : error.message,
          fix: 'Remove it; units that are then in the way are named by the next switch',
        },
        { cause: error },
      );
    }
    throw explainFileError(`The file ${path} cannot be read`, error);
  }
};

/** The records in one directory of units. */
export const createLinkRecords = (directory: string, profileName: string) => {
  const file = join(directory, recordFile(profileName));
  return {
    /** That of the profile. @throws ActivationError when it cannot be read */
    read: (): Promise<LinkRecord | null> => readRecord(file),
    /** Those of all other profiles. @throws ActivationError when one cannot be read */
    readOthers: async (): Promise<readonly LinkRecord[]> => {
      const names = await readdir(directory).catch(() => []);
      const others = names.filter(
        (name) => name.startsWith(prefix) && name.endsWith('.json') && name !== recordFile(profileName),
      );
      const records = await Promise.all(others.map((name) => readRecord(join(directory, name))));
      return records.filter((record) => record !== null);
    },
    /** @throws ActivationError when it cannot be written */
    write: ({ profileLink, links }: LinkRecord): Promise<void> =>
      writeJsonAtomically(file, { profileLink, links: links.map(({ path, target }) => ({ path, target })) }),
    remove: (): Promise<void> => rm(file, { force: true }),
  };
};
