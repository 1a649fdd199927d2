import type { Observation, ManagerSession, UnitOutcome } from '../../src/backends/backend.js';
import type { InstanceName } from '../../src/model/process-model.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';

/** A process manager in memory: it knows which units run in which version, and which ones cannot start. */
export interface FakeManager extends ManagerSession {
  /** What was asked of it, in order: "start a b", "install", "finish". */
  readonly calls: readonly string[];
  /** Fingerprints of what runs, by process name. */
  readonly running: ReadonlyMap<string, string>;
}

/** @param broken fingerprints that fail to start */
export const fakeManager = (running: readonly DeployedUnit[] = [], broken: readonly string[] = []): FakeManager => {
  const up = new Map<string, string>(running.map(({ name, fingerprint }) => [name, fingerprint]));
  const calls: string[] = [];
  const names = (units: readonly DeployedUnit[]): string => units.map(({ name }) => name).join(' ');
  const start = (unit: DeployedUnit): UnitOutcome => {
    const ok = !broken.includes(unit.fingerprint);
    if (ok) up.set(unit.name, unit.fingerprint);
    else up.delete(unit.name);
    return { instance: unit.instance, ok, detail: ok ? null : 'it exited with status 1' };
  };
  const stop = (unit: DeployedUnit): UnitOutcome => {
    up.delete(unit.name);
    return { instance: unit.instance, ok: true, detail: null };
  };
  const observation = (unit: DeployedUnit): Observation => ({
    state: up.has(unit.name) ? 'running' : 'stopped',
    pid: null,
    since: null,
    detail: null,
  });
  return {
    calls,
    running: up,
    supervise: null,
    observe: async (units) =>
      new Map<InstanceName, Observation>(units.map((unit) => [unit.instance, observation(unit)])),
    install: async (next) => {
      calls.push(next === null ? 'install nothing' : 'install');
    },
    finish: async (next) => {
      calls.push(next === null ? 'finish nothing' : 'finish');
    },
    start: async (units) => {
      calls.push(`start ${names(units)}`);
      return units.map(start);
    },
    stop: async (units) => {
      calls.push(`stop ${names(units)}`);
      return units.map(stop);
    },
    reload: async (units) => {
      calls.push(`reload ${names(units)}`);
      return units.map(({ instance }) => ({ instance, ok: true, detail: null }));
    },
    restart: async (changes) => {
      calls.push(`restart ${names(changes.map(({ after }) => after))}`);
      return changes.map(({ after }) => start(after));
    },
    logs: () => ({ kind: 'files', paths: [] }),
  };
};
