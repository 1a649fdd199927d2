import type { Observation } from '../backend.js';
import type { AtomicService } from './activation-data.js';
import type { Services } from './live-state.js';
import type { ServiceStatus } from './service-status.js';

export const absent: Observation = { state: 'absent', pid: null, since: null, detail: null };

const without = (state: Exclude<Observation['state'], 'absent'>, detail: string | null): Observation => ({
  state,
  pid: null,
  since: null,
  detail,
});

/** What a longrun does; `since` is left to who looks at the process. */
export const observeLongrun = (
  { name, notifies }: AtomicService,
  { up, down }: Services,
  status: ServiceStatus | undefined,
): Observation => {
  if (!up.has(name) && !down.has(name)) return absent;
  if (status === undefined) return without('failed', 's6-supervise does not run');
  if (status.up) {
    const starting = notifies && !status.ready;
    return {
      state: starting ? 'starting' : 'running',
      pid: status.pid,
      since: null,
      detail: starting ? 'it has not said that it is ready' : null,
    };
  }
  if (!up.has(name)) return without('stopped', null);
  // Somebody said s6-svc -d, or its finish script said that it is no use.
  if (!status.wantedUp) return without('stopped', `${status.ending ?? 'it is down'}, and is not wanted up`);
  return without('failed', `${status.ending ?? 'it is down'}; s6-supervise starts it again`);
};

/** What a oneshot without a process did. */
export const observeOneshot = ({ name }: AtomicService, { up, down }: Services): Observation => {
  if (up.has(name)) return without('running', null);
  return down.has(name) ? without('stopped', null) : absent;
};

const worstFirst = ['failed', 'absent', 'stopped', 'starting', 'running'] as const;

/** Several services as one: it does what worries most of what they do. */
export const combine = (observations: readonly Observation[]): Observation => {
  const worst = worstFirst.flatMap((state) => observations.find((observation) => observation.state === state) ?? [])[0];
  return worst ?? without('running', null);
};
