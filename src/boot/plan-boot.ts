import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProfileLocation } from '../generations/profile-location.js';
import { writeTextAtomically } from '../state/atomic-file.js';
import { errnoOf } from '../state/file-errors.js';
import { UsageError } from '../system/errors.js';
import type { Ports } from '../system/ports.js';
import type { BootEntry, MachineInit } from './boot-entry.js';
import { forgetInit, recordedInit, rememberInit } from './boot-record.js';
import { bootScript } from './boot-script.js';
import { findMachineInit, initCalled } from './machine-init.js';

/** A change of what is started when the machine boots. */
export interface BootStep {
  readonly action: 'enable' | 'disable';
  /** Where the entry is, for people. */
  readonly place: string;
  readonly reasons: readonly string[];
}

export interface PlannedBoot extends BootStep {
  /** To be called when everything else is done. @throws ActivationError */
  readonly carryOut: () => Promise<void>;
}

/** What is asked of a deployment. */
export interface BootWish {
  /** Whether it is to be started at boot: `keep` means as far as it was before. */
  readonly wanted: 'enable' | 'keep' | 'disable';
  /** Whether an entry that somebody has removed is made again. */
  readonly repair: boolean;
}

const scriptFile = ({ stateDirectory }: ProfileLocation): string => join(stateDirectory, 'at-boot.sh');

const readText = async (file: string): Promise<string | null> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
};

/** "nixproc-processes-3f9c1a2b": profiles of one name in different directories are different ones. */
export const bootNameOf = ({ name, link }: Pick<ProfileLocation, 'name' | 'link'>): string =>
  `nixproc-${name.replaceAll(/[^A-Za-z0-9_.-]/g, '_')}-${createHash('sha256').update(link).digest('hex').slice(0, 8)}`;

const entryOf = (location: ProfileLocation, init: MachineInit, ports: Pick<Ports, 'env' | 'run'>): BootEntry =>
  init.entryFor(
    {
      name: bootNameOf(location),
      description: `Deployment of the profile ${location.link}`,
      script: scriptFile(location),
      log: join(location.stateDirectory, 'at-boot.log'),
    },
    ports,
  );

const nobody = (location: ProfileLocation): UsageError =>
  new UsageError({
    what: 'Nothing on this machine is known to start your programs when it boots',
    why: 'Neither an init that has been told so before, nor a crontab of yours, can be used',
    fix: `Have it start this, and end it with SIGTERM: nix-processmgmt-ts run --profile ${location.link}`,
  });

/**
 * Decides what has to change in what is started at boot; changes nothing.
 *
 * @param wish what the user wants of it
 * @returns null when nothing has to change
 * @throws UsageError when nothing on this machine starts programs at boot; ActivationError when it may not be told
 */
export const planBoot = async (
  location: ProfileLocation,
  { wanted, repair }: BootWish,
  ports: Pick<Ports, 'env' | 'run'>,
): Promise<PlannedBoot | null> => {
  const recorded = recordedInit(location);
  if (recorded === null && wanted !== 'enable') return null;
  const known = recorded === null ? null : await initCalled(recorded);
  if (wanted === 'disable') {
    const entry = known === null ? null : entryOf(location, known, ports);
    return {
      action: 'disable',
      place: entry?.place ?? recorded ?? '',
      reasons: ['nothing is left to start at boot, or its manager starts it'],
      carryOut: async () => {
        await entry?.remove();
        await rm(scriptFile(location), { force: true });
        forgetInit(location);
      },
    };
  }
  const script = bootScript(location.link, ports.env);
  const written = await readText(scriptFile(location));
  const isThere = known !== null && (await entryOf(location, known, ports).isThere());
  // The variables of whoever comes by next need not be those that it was enabled with.
  const isRight = isThere && written !== null && (wanted === 'keep' || written === script);
  if (isRight || (wanted === 'keep' && !repair)) return null;
  const found = await findMachineInit(ports);
  if (found === null) throw nobody(location);
  const entry = entryOf(location, found.init, ports);
  await entry.check();
  return {
    action: 'enable',
    place: entry.place,
    reasons: [
      recorded === null ? 'it was asked for' : isThere ? 'it is started in another way now' : 'somebody has removed it',
    ],
    carryOut: async () => {
      if (known !== null && recorded !== found.name) await entryOf(location, known, ports).remove();
      await mkdir(location.stateDirectory, { recursive: true });
      await rememberInit(location, found.name);
      await writeTextAtomically(scriptFile(location), script, 0o700);
      await entry.write();
    },
  };
};
