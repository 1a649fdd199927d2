import type { InstanceName } from '../../model/process-model.js';
import type { DeployedUnit, Observation, ObservationDepth } from '../backend.js';
import { activationOf, mainUnitOf, unitsOf } from './activation-data.js';
import type { Installation } from './installation.js';
import { hasFailed, observationOf, observedProperties } from './observation.js';
import type { Systemctl } from './systemctl.js';

/**
 * Asks systemd what processes do: states with one cheap call, and properties only of the units whose properties matter,
 * since those cost milliseconds each.
 */
export const observeUnits = async (
  units: readonly DeployedUnit[],
  depth: ObservationDepth,
  systemctl: Systemctl,
  installation: Installation,
): Promise<ReadonlyMap<InstanceName, Observation>> => {
  const states = await systemctl.listUnits();
  const names = units.flatMap(unitsOf);
  const worthAsking = names.filter((name) => {
    const state = states.get(name) ?? null;
    return hasFailed(state) || (depth === 'process' && state !== null && state.active !== 'inactive');
  });
  const properties = await systemctl.show(worthAsking, observedProperties);
  // What is in the place of a unit that runs says nothing about the process.
  const atRest = units.map(mainUnitOf).filter((name) => states.get(name)?.active !== 'active');
  const presences = new Map(atRest.map((name) => [name, installation.presence(name)]));
  const facts = {
    state: (name: string) => states.get(name) ?? null,
    properties: (name: string) => properties.get(name) ?? null,
    presence: (name: string) => presences.get(name) ?? ('absent' as const),
  };
  return new Map(units.map((unit) => [unit.instance, observationOf(activationOf(unit), facts)]));
};
