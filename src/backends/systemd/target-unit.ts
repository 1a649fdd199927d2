import type { DeployedUnit } from '../backend.js';
import { activationOf } from './activation-data.js';
import { unitFileText } from './unit-file.js';
import { unitName } from './unit-name.js';

/** What names of files begin with that belong to a profile rather than to one of its processes. */
const prefix = 'nix-processmgmt-';

/** The name of the target of a profile: the machine wants it, and it wants the processes. */
export const targetUnit = (profileName: string): string => unitName(prefix, profileName, 'target');

/** The first line of a target, by which it is told from other people's files. */
export const targetMark = '# Written by nix-processmgmt-ts: a switch writes it anew.';

/** The units that the target of these processes wants. */
export const wantedUnits = (units: readonly DeployedUnit[]): readonly string[] =>
  units.flatMap((unit) => {
    const { started, onlyManualStart } = activationOf(unit);
    return onlyManualStart ? [] : started;
  });

/**
 * The target makes the machine start the processes at boot, and lets an operator start and stop all of them.
 *
 * @param profileLink the link that points to the profile's current generation
 * @param wants the units that it wants
 */
export const targetUnitText = (profileLink: string, wants: readonly string[]): string =>
  `${targetMark}\n${unitFileText({
    Unit: {
      Description: [`Processes of ${profileLink.replaceAll('%', '%%')}`],
      Wants: wants,
      // Stopping it stops them all; older versions of systemd than 249 do not know this.
      PropagatesStopTo: wants,
    },
  })}`;
