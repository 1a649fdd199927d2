import { setTimeout as sleep } from 'node:timers/promises';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type { Run } from '../../system/ports.js';
import type { DeployedUnit, Observation, UnitOutcome } from '../backend.js';
import type { InstanceName } from '../../model/process-model.js';
import { until } from '../shared/until.js';
import { activationOf, unitsOf } from './activation-data.js';
import type { VerbOutcome } from './call-units.js';
import type { Installation } from './installation.js';
import { lastWords } from './journal.js';
import { observedProperties } from './observation.js';
import { observeUnits } from './observe-units.js';
import type { Scope } from './scope.js';
import type { Systemctl } from './systemctl.js';

/**
 * How long processes have to stay up to count as started, in milliseconds since systemd has started them all: a program that
 * cannot be executed ends sooner. A command looks again, in its settle time.
 */
const settlingTime = 50;

/** How long the journal may take to have what a process has printed that ended at once, in milliseconds. */
const journalTime = 500;

/** How many logs are read at once. */
const concurrency = 8;

const isUp = ({ state }: Observation): boolean => state === 'running' || state === 'starting';

/** Waits until it is known whether what was started can run at all. */
export const settle = (): Promise<void> => sleep(settlingTime);

/**
 * Says whether what was started stays up, and why where it does not; to be called when that has settled.
 *
 * @param since when the start began, in milliseconds since the epoch
 * @param said what systemctl said to it
 * @param kept why units of a process that were to be replaced were not: it runs, but as before. Default: nothing was to be
 */
export const outcomesOfStart = async (
  units: readonly DeployedUnit[],
  {
    since,
    said,
    kept = new Map(),
  }: {
    readonly since: number;
    readonly said: VerbOutcome;
    readonly kept?: ReadonlyMap<InstanceName, string | null>;
  },
  {
    run,
    scope,
    systemctl,
    installation,
  }: {
    readonly run: Run;
    readonly scope: Scope;
    readonly systemctl: Systemctl;
    readonly installation: Installation;
  },
): Promise<readonly UnitOutcome[]> => {
  if (units.length === 0) return [];
  const observations = await observeUnits(units, 'state', systemctl, installation);

  /** Why a unit rests that was started and has not failed; null when that is as it should be. */
  const reasonOfRest = async (unit: DeployedUnit): Promise<string | null> => {
    const refusal = unitsOf(unit).map((name) => said.refused.get(name) ?? said.jobs.get(name));
    const words = refusal.find((some) => some !== undefined);
    if (words !== undefined) return words;
    const { main, endsByItself } = activationOf(unit);
    if (endsByItself) return null;
    const properties = (await systemctl.show([main], observedProperties)).get(main);
    return properties?.('ConditionResult') === 'no'
      ? null
      : `it ended at once, with exit status ${properties?.('ExecMainStatus') ?? '0'}`;
  };

  return mapConcurrently(units, concurrency, async (unit): Promise<UnitOutcome> => {
    const { instance } = unit;
    const observation = observations.get(instance);
    if (observation === undefined) return { instance, ok: false, detail: null };
    if (isUp(observation)) {
      const detail = kept.get(instance) ?? null;
      return { instance, ok: detail === null, detail };
    }
    const reason =
      observation.state === 'stopped' ? await reasonOfRest(unit) : (observation.detail ?? observation.state);
    if (reason === null) return { instance, ok: true, detail: null };
    let logged = '';
    await until({ limit: journalTime, pause: 100 }, async () => {
      logged = await lastWords(activationOf(unit).main, since, run, scope);
      return logged !== '';
    });
    return { instance, ok: false, detail: logged === '' ? reason : `${reason}\n${logged}` };
  });
};
