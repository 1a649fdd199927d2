import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { writeTextAtomically } from '../../state/atomic-file.js';
import { explainFileError } from '../../state/file-errors.js';
import type { ChangedOnDisk, DeployedProfile, DeployedUnit, SessionContext } from '../backend.js';
import { moveAside } from '../shared/moved-aside.js';
import { ownerOf } from '../shared/owner-mark.js';
import { activationOf } from './activation-data.js';
import type { Place } from './place.js';
import { runlevelLinks } from './runlevel-links.js';
import { scriptFiles } from './script-files.js';

/**
 * The scripts of one profile in OpenRC's own directory, and the links that have them started at boot. Scripts are files, not
 * links into the store: OpenRC remembers by which file it has started a service, and that one may be collected.
 */
export interface ServiceFiles {
  /** Whether the script of a unit is there, whoever wrote it. */
  readonly isThere: (unit: DeployedUnit) => boolean;
  readonly pathOf: (unit: DeployedUnit) => string;
  /** @throws CollisionError when a file of somebody else is in the place of a script; ActivationError for an unknown runlevel */
  readonly check: (units: readonly DeployedUnit[]) => Promise<void>;
  /** Writes scripts and links; what is as it should be is left alone. @throws CollisionError, ActivationError */
  readonly write: (units: readonly DeployedUnit[]) => Promise<void>;
  /** Removes scripts and links of ours that none of these units has. @throws ActivationError */
  readonly removeOthers: (units: readonly DeployedUnit[]) => Promise<void>;
  /** What is not as `write` has left it, and services of ours that none of these units is. */
  readonly drift: (
    units: readonly DeployedUnit[],
  ) => Promise<{ readonly changed: readonly ChangedOnDisk[]; readonly extras: readonly string[] }>;
}

export const serviceFiles = (
  place: Place,
  context: Pick<SessionContext, 'profileLink' | 'repair'>,
  current: DeployedProfile | null,
): ServiceFiles => {
  const { pathCalled, pathOf, textOf, wantedText, judge, othersThan } = scriptFiles(place, context, current);
  const links = runlevelLinks(place);

  const explained = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      throw explainFileError(`The services of OpenRC in ${place.scripts} cannot be changed`, error);
    }
  };

  const changesOf = async (unit: DeployedUnit): Promise<readonly ChangedOnDisk[]> => {
    const { instance } = unit;
    const { service, runlevels } = activationOf(unit);
    const text = await textOf(unit);
    // One that is missing is told as absent.
    if (text === null) return [];
    const enabled = await links.of(service);
    const changed = text !== (await wantedText(unit));
    return [
      ...(changed ? [{ instance, what: `${pathOf(unit)} is not as it was written`, restart: true }] : []),
      ...runlevels
        .filter((runlevel) => !enabled.includes(runlevel))
        .map((runlevel) => ({
          instance,
          what: `it does not start in the runlevel ${runlevel} any more: ${links.linkOf(runlevel, service)} is missing, or leads elsewhere`,
          restart: false,
        })),
    ];
  };

  return {
    pathOf,
    isThere: (unit) => existsSync(pathOf(unit)),
    check: async (units) => {
      for (const unit of units) {
        links.require(unit);
        await judge(unit);
      }
    },
    write: async (units) => {
      for (const unit of units) {
        links.require(unit);
        const { service, runlevels } = activationOf(unit);
        const text = await wantedText(unit);
        const found = await judge(unit);
        if (found !== null && ownerOf(found) !== context.profileLink) await explained(() => moveAside(pathOf(unit)));
        if (found !== text) await writeTextAtomically(pathOf(unit), text, 0o755);
        await explained(() => links.set(service, runlevels));
      }
    },
    removeOthers: async (units) => {
      for (const service of await othersThan(units)) {
        await explained(async () => {
          await links.set(service, []);
          await rm(pathCalled(service), { force: true });
        });
      }
    },
    drift: async (units) => ({
      changed: (await Promise.all(units.map(changesOf))).flat(),
      extras: await othersThan(units),
    }),
  };
};
