import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeJsonAtomically } from '../../state/atomic-file.js';
import { readRegularFile } from '../../state/regular-file.js';
import { ExplainedError } from '../../system/errors.js';
import type { Log } from '../../system/ports.js';
import * as z from '../../system/schema.js';
import type { Collision, DeployedProfile, DeployedUnit } from '../backend.js';
import { scriptActivationOf } from './script-activation.js';

/*
 * Scripts know their processes by records below the runtime directory. Two profiles with the same runtime directory and a
 * process of the same name would each take the process of the other for its own. So each profile writes beside the records
 * which of them are its own.
 */

/** Which records are those of a profile. */
const schema = z.object({ profileLink: z.string(), records: z.array(z.string()) });
type Claim = z.infer<typeof schema>;

// The dot keeps it out of the way of shells that look through all records.
const prefix = '.claim-';

const claimFile = (directory: string, profileLink: string): string =>
  join(directory, `${prefix}${createHash('sha256').update(profileLink).digest('hex').slice(0, 16)}.json`);

const recordOf = (unit: DeployedUnit): string => scriptActivationOf(unit).recordFile;

const directoriesOf = (units: readonly DeployedUnit[]): readonly string[] => [
  ...new Set(units.map((unit) => dirname(recordOf(unit)))),
];

/** Null for what is no claim of root or of ours. */
const readClaim = (file: string): Claim | null => {
  try {
    const { uid } = lstatSync(file);
    return uid === 0 || uid === process.geteuid?.() ? schema.parse(JSON.parse(readRegularFile(file))) : null;
  } catch {
    return null;
  }
};

const claimsIn = (directory: string): readonly Claim[] => {
  try {
    return readdirSync(directory)
      .filter((name) => name.startsWith(prefix))
      .flatMap((name) => readClaim(join(directory, name)) ?? []);
  } catch {
    return [];
  }
};

/** A profile that is gone has no processes of its own any more: what it left is taken over. */
const isThere = (link: string): boolean => {
  try {
    return lstatSync(link).isSymbolicLink();
  } catch {
    return false;
  }
};

/** The link itself, whichever way leads to its directory. */
const identityOf = (link: string): string => {
  try {
    return join(realpathSync(dirname(link)), basename(link));
  } catch {
    return link;
  }
};

/** Which services are another profile's, although they have the names of these. */
export const claimedByOthers = (units: readonly DeployedUnit[], profileLink: string): readonly Collision[] => {
  const own = identityOf(profileLink);
  const others = directoriesOf(units)
    .flatMap(claimsIn)
    .filter((claim) => identityOf(claim.profileLink) !== own && isThere(claim.profileLink));
  return units.flatMap((unit) => {
    const owner = others.find(({ records }) => records.includes(recordOf(unit)));
    if (owner === undefined) return [];
    return {
      instance: unit.instance,
      what: `The process "${unit.name}" below ${dirname(dirname(recordOf(unit)))} is that of another profile, ${owner.profileLink}`,
      why: 'Both profiles would take the same process for theirs: what one of them starts, the other would end',
      fix: 'Give the processes other names, or this profile another --state-dir; or undeploy the other profile first: undeploy -p',
    };
  });
};

/** Writes down that the services of a profile are its own. What cannot be written is only warned of. */
export const claim = async (
  { units }: DeployedProfile,
  profileLink: string,
  { warn }: Pick<Log, 'warn'>,
): Promise<void> => {
  for (const directory of directoriesOf(units)) {
    const records = units.map(recordOf).filter((record) => dirname(record) === directory);
    try {
      await mkdir(directory, { recursive: true, mode: 0o755 });
      await writeJsonAtomically(claimFile(directory, profileLink), { profileLink, records: records.sort() });
    } catch (error) {
      const words = error instanceof ExplainedError ? `${error.message}: ${error.why ?? ''}` : String(error);
      warn(`Other profiles cannot be told whose the processes below ${dirname(directory)} are: ${words}`);
    }
  }
};

/**
 * Takes claims back.
 *
 * @param before units that the profile had
 * @param next those that it has now
 */
export const release = async (
  before: readonly DeployedUnit[],
  next: readonly DeployedUnit[],
  profileLink: string,
): Promise<void> => {
  const kept = new Set(directoriesOf(next));
  for (const directory of directoriesOf(before).filter((some) => !kept.has(some))) {
    await rm(claimFile(directory, profileLink), { force: true }).catch(() => undefined);
  }
};
