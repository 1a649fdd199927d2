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

/** Where several managers note in common what was asked of them, each with its name before it. */
export interface CommonNotes {
  readonly name: string;
  readonly calls: string[];
}

/** @param broken fingerprints that fail to start */
export const fakeManager = (
  running: readonly DeployedUnit[] = [],
  broken: readonly string[] = [],
  common?: CommonNotes,
): FakeManager => {
  const up = new Map<string, string>(running.map(({ name, fingerprint }) => [name, fingerprint]));
  const calls: string[] = [];
  const note = (call: string): void => {
    calls.push(call);
    common?.calls.push(`${common.name}: ${call}`);
  };
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
      note(next === null ? 'install nothing' : 'install');
    },
    finish: async (next) => {
      note(next === null ? 'finish nothing' : 'finish');
    },
    start: async (units) => {
      note(`start ${names(units)}`);
      return units.map(start);
    },
    stop: async (units) => {
      note(`stop ${names(units)}`);
      return units.map(stop);
    },
    reload: async (units) => {
      note(`reload ${names(units)}`);
      return units.map(({ instance }) => ({ instance, ok: true, detail: null }));
    },
    restart: async (changes) => {
      note(`restart ${names(changes.map(({ after }) => after))}`);
      return changes.map(({ after }) => start(after));
    },
    logs: () => ({ kind: 'files', paths: [] }),
  };
};
