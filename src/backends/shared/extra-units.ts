import type { InstanceName, ProcessName } from '../../model/process-model.js';
import type { JsonObject } from '../../system/json.js';
import type { DeployedUnit, ExtraUnit, Observation } from '../backend.js';

/** Those of the units that run. */
export const runningAmong = (
  units: readonly DeployedUnit[],
  observations: ReadonlyMap<InstanceName, Observation>,
): readonly ExtraUnit[] =>
  units.flatMap((unit) => {
    const observation = observations.get(unit.instance);
    return observation?.state === 'running' || observation?.state === 'starting' ? [{ unit, observation }] : [];
  });

/** A unit that only its manager knows. @param activation what the backend needs to stop it and to take it away */
export const strayUnit = (name: string, activation: JsonObject, profile: string): DeployedUnit => ({
  instance: name as InstanceName,
  name: name as ProcessName,
  level: 0,
  dependencies: [],
  fingerprint: '',
  properties: {},
  activation,
  credentials: { groups: [], users: [] },
  port: null,
  readiness: null,
  profile,
});
