import type { Observation } from '../backend.js';
import type { Activation } from './activation-data.js';
import { reasonOf } from './failure-reason.js';
import type { UnitProperties, UnitState } from './systemctl.js';

/** What is known about the units of a process. */
export interface UnitFacts {
  /** null for a unit that systemd has not loaded: it does nothing, then. */
  readonly state: (unit: string) => UnitState | null;
  /** null where they were not asked for. */
  readonly properties: (unit: string) => UnitProperties | null;
  /** What is in the place of a main unit that is not active. */
  readonly presence: (unit: string) => 'installed' | 'masked' | 'absent';
}

/** The properties that an observation is made of. */
export const observedProperties = [
  ...['Result', 'ExecMainCode', 'ExecMainStatus', 'ExecStartPre', 'ExecStartPost', 'MainPID'],
  ...['NRestarts', 'StatusText', 'ActiveEnterTimestamp', 'LoadError', 'ConditionResult'],
] as const;

const isActive = (state: UnitState | null): boolean => state?.active === 'active' || state?.active === 'reloading';

/** Whether systemd waits to start it again after it has failed. */
const restarts = (state: UnitState | null): boolean => state?.substate === 'auto-restart';

export const hasFailed = (state: UnitState | null): boolean =>
  state?.active === 'failed' || restarts(state) || state?.load === 'bad-setting' || state?.load === 'error';

/** "Sat 2026-11-21 06:40:44 UTC" in milliseconds since the epoch; null for "", which is never. */
export const parseTime = (text: string): number | null => {
  const [, date, time] = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/.exec(text) ?? [];
  return date === undefined || time === undefined ? null : Date.parse(`${date}T${time}Z`);
};

/**
 * Tells the state of a process from that of its units. A process with a timer, socket or path unit runs as long as that
 * waits for something.
 */
export const observationOf = ({ main, units, started, endsByItself }: Activation, facts: UnitFacts): Observation => {
  const { state, properties, presence } = facts;
  const mainState = state(main);
  const pid = Number(properties(main)?.('MainPID') ?? 0);
  const up = isActive(mainState) || started.every((unit) => isActive(state(unit)));
  const sinceOf = isActive(mainState) ? main : (started[0] ?? main);
  const observation = (name: Observation['state'], detail: string | null): Observation => ({
    state: name,
    pid: pid > 0 && name !== 'stopped' ? pid : null,
    since: up ? parseTime(properties(sinceOf)?.('ActiveEnterTimestamp') ?? '') : null,
    detail,
    ...(name === 'stopped' && endsByItself ? { rests: true } : {}),
  });

  const failed = units.find((unit) => hasFailed(state(unit)));
  if (failed !== undefined) return observation('failed', reasonOf(failed, main, state(failed), properties(failed)));
  if (up)
    return observation('running', started.includes(main) || isActive(mainState) ? null : waitsFor(started, state));
  if (mainState?.active === 'activating' || started.some((unit) => state(unit)?.active === 'activating')) {
    return observation('starting', null);
  }
  if (presence(main) === 'masked' || mainState?.load === 'masked') return observation('stopped', `${main} is masked`);
  const loaded = mainState !== null && mainState.load !== 'not-found';
  if (!loaded && presence(main) === 'absent') return observation('absent', null);
  const idle = started.filter((unit) => unit !== main && !isActive(state(unit)));
  return observation(
    'stopped',
    idle.length === 0 ? null : `${idle.join(' and ')} ${idle.length === 1 ? 'is' : 'are'} not active`,
  );
};

const waitsFor = (started: readonly string[], state: UnitFacts['state']): string =>
  started.map((unit) => `${unit} is ${state(unit)?.substate ?? 'active'}`).join(', ');
