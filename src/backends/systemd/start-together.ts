import { isJsonObject } from '../../system/json.js';
import type { DeployedUnit } from '../backend.js';
import type { Systemctl, UnitProperties } from './systemctl.js';

/** What may stand in [Unit] of a unit that is started with others: limits of its own, and conditions. */
const harmless = /^(?:StartLimit|Condition)/;

/**
 * Whether it makes no difference for a process that its unit is started because a target wants it. For other properties of
 * [Unit] it does: what a unit requires and does not exist, say, is a reason to refuse its start, but not that of the target,
 * with which it starts all the same. Of what another tool laid out the properties are not known so well.
 */
export const standsAlone = ({ properties, isLaidOut }: DeployedUnit): boolean => {
  const { Unit: section = {} } = properties;
  return isLaidOut !== true && isJsonObject(section) && Object.keys(section).every((key) => harmless.test(key));
};

/** Whether systemd has neither started a unit nor found that the unit's own conditions are against it. */
const wasNeverBegun = (properties: UnitProperties | undefined): boolean => {
  const isSet = (property: string): boolean => !['', '0'].includes(properties?.(property) ?? '');
  const isAgainst = isSet('ConditionTimestampMonotonic') && properties?.('ConditionResult') === 'no';
  return !isSet('InactiveExitTimestampMonotonic') && !isAgainst;
};

/**
 * Units that the start of a target which wants them has not started, or not waited for: its transaction goes on without what
 * is in its way, such as a cycle of units that start after each other. Started themselves, they are waited for, and systemctl
 * says what is wrong.
 *
 * @param names units that systemd had not loaded before; the latest list is looked at
 */
export const leftBehind = async (names: readonly string[], systemctl: Systemctl): Promise<readonly string[]> => {
  const states = await systemctl.latestList();
  if (states === null) return names;
  const stateOf = (name: string): string => states.get(name)?.active ?? 'inactive';
  const begins = names.filter(
    (name) => stateOf(name) === 'activating' && states.get(name)?.substate !== 'auto-restart',
  );
  const rests = names.filter((name) => stateOf(name) === 'inactive');
  const properties = await systemctl.show(rests, [
    'InactiveExitTimestampMonotonic',
    'ConditionTimestampMonotonic',
    'ConditionResult',
  ]);
  return [...begins, ...rests.filter((name) => wasNeverBegun(properties.get(name)))];
};
