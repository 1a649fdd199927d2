import type { Observation } from '../backend.js';
import type { ActivationData } from './activation-data.js';
import type { LeftBehind } from './server.js';
import type { ProcessInfo, SupervisorState } from './supervisor-client.js';

const without = (state: Exclude<Observation['state'], 'running'>, detail: string | null): Observation => ({
  state,
  pid: null,
  since: null,
  detail,
});

/**
 * What is known of a program that no supervisord has. A process that is left counts as failed: nothing would start it again.
 *
 * @param left what a supervisord has left that is no more; null for nothing
 * @param wasStopped whether somebody had stopped it
 */
export const lost = (program: string, left: LeftBehind | null, wasStopped: boolean): Observation => {
  if (left === null) return without(wasStopped ? 'stopped' : 'absent', null);
  const orphan = left.orphans.find((one) => one.program === program);
  if (orphan !== undefined) {
    const detail = `process ${orphan.pid} still runs, but its supervisord has ended`;
    return { state: 'failed', pid: orphan.pid, since: orphan.since, detail };
  }
  if (wasStopped) return without('stopped', null);
  return left.ran.has(program)
    ? without('failed', 'it ended with its supervisord, or after it')
    : without('absent', null);
};

/** Processes by the group (the program) they belong to. */
export const byGroup = (processes: readonly ProcessInfo[]): ReadonlyMap<string, readonly ProcessInfo[]> => {
  const groups = new Map<string, ProcessInfo[]>();
  for (const process of processes) {
    const group = groups.get(process.group);
    if (group === undefined) groups.set(process.group, [process]);
    else group.push(process);
  }
  return groups;
};

/** It ended as soon as it should: a program with startsecs=0 may be one that has something to do once. */
export const isDone = ({ statename, exitstatus }: ProcessInfo, { startsecs, exitcodes }: ActivationData): boolean =>
  statename === 'EXITED' && startsecs === 0 && exitcodes.includes(exitstatus);

/** States in which supervisord has no process and starts none by itself. */
export const isDown = (state: SupervisorState): boolean => ['STOPPED', 'EXITED', 'FATAL', 'UNKNOWN'].includes(state);

const stateOf = (process: ProcessInfo, data: ActivationData): Exclude<Observation['state'], 'absent'> => {
  switch (process.statename) {
    case 'RUNNING':
      return 'running';
    case 'STARTING':
    case 'BACKOFF':
      return 'starting';
    case 'STOPPING':
      return 'stopped';
    case 'STOPPED':
      // One that was just loaded stands here until supervisord comes round to it.
      return process.start === 0 && data.autostart ? 'starting' : 'stopped';
    case 'EXITED':
      return isDone(process, data) ? 'stopped' : 'failed';
    case 'FATAL':
    case 'UNKNOWN':
      return 'failed';
  }
};

/** supervisord's own words ("FATAL Exited too quickly (process log may have details)"). */
export const wordsFor = ({ statename, spawnerr, description, exitstatus }: ProcessInfo): string => {
  switch (statename) {
    case 'EXITED':
      return `EXITED with exit code ${exitstatus}`;
    case 'FATAL':
    case 'BACKOFF':
      return `${statename} ${spawnerr === '' ? description : spawnerr}`;
    default:
      return statename;
  }
};

/** What worries most about several processes of one program. */
const worstFirst = ['failed', 'starting', 'stopped', 'running'] as const;

/** What supervisord says of one program, whose processes these are. */
export const observationOf = (processes: readonly ProcessInfo[], data: ActivationData): Observation => {
  const states = processes.map((process) => ({ process, state: stateOf(process, data) }));
  const worst = worstFirst.find((state) => states.some((one) => one.state === state));
  const shown = states.find(({ state }) => state === worst)?.process;
  if (worst === undefined || shown === undefined) return without('absent', null);
  return {
    state: worst,
    pid: shown.pid === 0 ? null : shown.pid,
    since: shown.pid === 0 ? null : shown.start * 1000,
    ...(worst === 'stopped' && (isDone(shown, data) || !data.autostart) ? { rests: true } : {}),
    detail: worst === 'running' || shown.statename === 'STOPPED' ? null : wordsFor(shown),
  };
};
