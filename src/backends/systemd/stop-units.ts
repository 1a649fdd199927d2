import type { DeployedUnit, UnitOutcome } from '../backend.js';
import { unitsOf } from './activation-data.js';
import { callUnits, joinOutcomes, type VerbOutcome } from './call-units.js';
import { call, type Connection } from './connection.js';
import { activators } from './unit-types.js';

const isActivator = (name: string): boolean => activators.some((type) => name.endsWith(`.${type}`));

/** Stops units in the right order: systemd stops a service before what starts it, which would then start it again. */
export const stopUnits = async (
  { systemctl }: Pick<Connection, 'systemctl'>,
  names: readonly string[],
): Promise<VerbOutcome> => {
  const others = names.filter((name) => !isActivator(name));
  return joinOutcomes(
    await callUnits(systemctl, 'stop', names.filter(isActivator)),
    await callUnits(systemctl, 'stop', others),
  );
};

/** Stops processes, and says which have ended. */
export const stopProcesses = async (
  connection: Connection,
  units: readonly DeployedUnit[],
): Promise<readonly UnitOutcome[]> => {
  const names = units.flatMap(unitsOf);
  const { refused } = await stopUnits(connection, names);
  const states = await connection.systemctl.listUnits();
  const activeState = (name: string): string => states.get(name)?.active ?? 'inactive';
  // We stopped it; whatever its exit code is, it did not crash.
  await call(
    connection,
    ['reset-failed'],
    names.filter((name) => activeState(name) === 'failed'),
  );
  return units.map((unit): UnitOutcome => {
    const up = unitsOf(unit).find((name) => !['inactive', 'failed'].includes(activeState(name)));
    if (up === undefined) return { instance: unit.instance, ok: true, detail: null };
    return { instance: unit.instance, ok: false, detail: refused.get(up) ?? `${up} is ${activeState(up)}` };
  });
};
