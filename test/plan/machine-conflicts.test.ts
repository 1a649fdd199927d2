import { expect, test } from '@jest/globals';
import type { ManagerName } from '../../src/model/process-model.js';
import {
  keptPorts,
  newPidFiles,
  takenNames,
  takenPidFiles,
  takenPorts,
  takersOfPorts,
  type OwnProcesses,
} from '../../src/plan/machine-conflicts.js';
import { planActivation, type ObservedUnit } from '../../src/plan/plan-activation.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';
import type { PortHolder } from '../../src/system/listening-sockets.js';
import { unitCalled } from '../support/instances.js';

const sysvinit = 'sysvinit' as ManagerName;
const supervisord = 'supervisord' as ManagerName;

const unit = (name: string, port: number | null, rest: Partial<DeployedUnit> = {}): DeployedUnit => ({
  ...unitCalled(name),
  fingerprint: JSON.stringify({ port, ...rest }),
  port,
  ...rest,
});

const seen = (
  of: DeployedUnit,
  state: ObservedUnit['observation']['state'] = 'running',
  manager = sysvinit,
): ObservedUnit => ({ manager, unit: of, observation: { state, pid: null, since: null, detail: null } });

const planFor = (present: readonly ObservedUnit[], units: readonly DeployedUnit[]) =>
  planActivation(present, { manager: sysvinit, units });

const takers = (present: readonly ObservedUnit[], ...units: readonly DeployedUnit[]): readonly string[] =>
  takersOfPorts(planFor(present, units), present).map(({ instance, port }) => `${instance} ${port}`);

const holder = (port: number, rest: Partial<PortHolder> = {}): PortHolder => ({
  port,
  address: '127.0.0.1',
  uid: 1000,
  inode: '1',
  pid: 42,
  command: 'python3 -m http.server',
  ancestors: [7, 1],
  ...rest,
});

const nobody: OwnProcesses = { pids: new Set<number>(), present: [], isUnfinished: false };

test('only what starts or restarts takes a port, and only one that no process of ours declares', () => {
  expect(takers([], unit('a', 5000), unit('b', null))).toEqual(['a 5000']);
  expect(takers([seen(unit('a', 5000))], unit('a', 5000))).toEqual([]);
  expect(takers([seen(unit('a', 5000))], unit('a', 5001))).toEqual(['a 5001']);
  expect(takers([seen(unit('a', 5000))], unit('a', 5000, { properties: { v: '2' } }))).toEqual([]);
  expect(takers([seen(unit('a', 5000))], unit('a', 5001), unit('b', 5000))).toEqual(['a 5001']);
  expect(takers([seen(unit('a', 5000), 'stopped')], unit('a', 5000, { properties: { v: '2' } }))).toEqual(['a 5000']);
  expect(takers([seen(unit('a', 5000), 'running', supervisord)], unit('a', 5000))).toEqual([]);
  expect(takers([], unit('a', 5000, { ownNetwork: true }))).toEqual([]);
});

test('a foreign process at a port is an error that names its PID and its command', () => {
  const plan = planFor([], [unit('a', 5000)]);
  const [conflict, ...others] = takenPorts(takersOfPorts(plan, []), [holder(5000), holder(6000)], nobody);
  expect(others).toEqual([]);
  expect(conflict).toMatchObject({ severity: 'error', kind: 'port', instances: ['a'] });
  expect(conflict?.what).toContain('Port 5000');
  expect(conflict?.what).toContain('process 42 (python3 -m http.server)');
  expect(conflict?.why).toContain('127.0.0.1:5000');
});

test('a process of another user, which may not be looked into, is named by the user', () => {
  const found = takenPorts(
    [{ ...unit('a', 80), port: 80 }],
    [holder(80, { pid: null, command: null, uid: 0, address: '::' })],
    nobody,
  );
  expect(found[0]?.what).toContain('a process of the user with the uid 0');
  expect(found[0]?.why).toContain('[::]:80');
});

test('what our processes and their descendants hold is not in the way', () => {
  const [taker] = [{ ...unit('a', 80), port: 80 }];
  expect(takenPorts([taker], [holder(80)], { ...nobody, pids: new Set([42]) })).toEqual([]);
  expect(takenPorts([taker], [holder(80)], { ...nobody, pids: new Set([7]) })).toEqual([]);
  expect(takenPorts([taker], [holder(80)], { ...nobody, pids: new Set([8]) })).toHaveLength(1);
});

test('what may have been left behind by this deployment is only warned of: its manager may end it', () => {
  const program = `/nix/store/${'a'.repeat(32)}-webapp/bin/webapp`;
  const taker = { ...unit('a', 80), port: 80 };
  const present = [seen(unit('a', 80, { properties: { process: program } }), 'failed')];
  const severity = (found: PortHolder, own: Partial<OwnProcesses>) =>
    takenPorts([taker], [found], { ...nobody, ...own }).map((conflict) => conflict.severity);
  expect(severity(holder(80, { command: program }), { present })).toEqual(['warning']);
  expect(severity(holder(80, { command: '/usr/bin/python3' }), { present })).toEqual(['error']);
  expect(severity(holder(80, { command: program }), {})).toEqual(['error']);
  expect(severity(holder(80), { isUnfinished: true })).toEqual(['warning']);
});

test('a process of ours that is left running with its port is in the way of another that is to have it', () => {
  const stays = unit('old', 5000, { changePolicy: { onChange: 'leave', onRemoval: 'leave' } });
  const present = [seen(stays)];
  const wanted = [unit('new', 5000)];
  expect(keptPorts(planFor(present, wanted), present, wanted)).toMatchObject([{ instances: ['new', 'old'] }]);

  const goes = [seen(unit('old', 5000))];
  expect(keptPorts(planFor(goes, wanted), goes, wanted)).toEqual([]);
});

test('the PID file of a new process should name nobody', () => {
  const activation = { pidFile: '/run/a.pid' };
  const files = (present: readonly ObservedUnit[]) =>
    newPidFiles(planFor(present, [unit('a', null, { activation })]), present).map(({ path }) => path);
  expect(files([])).toEqual(['/run/a.pid']);
  // A process that moves brings its PID file along; another one of ours may have had it.
  expect(files([seen(unit('a', null), 'running', supervisord)])).toEqual([]);
  expect(files([seen(unit('b', null, { activation }))])).toEqual([]);

  const [warning] = takenPidFiles([{ unit: unit('a', null), path: '/run/a.pid', pid: 42, command: 'nginx' }]);
  expect(warning).toMatchObject({ severity: 'warning', kind: 'pid-file', instances: ['a'] });
  expect(warning?.what).toContain('/run/a.pid, names a process that runs already: 42 (nginx)');
});

test('a name that somebody else has is an error in the words of the manager', () => {
  const { instance } = unitCalled('a');
  const words = { what: 'a.service is not ours', why: 'It is no link', fix: 'Move it away' };
  expect(
    takenNames([
      { instance, ...words },
      { instance: null, ...words },
    ]),
  ).toEqual([
    { severity: 'error', kind: 'name', instances: ['a'], ...words },
    { severity: 'error', kind: 'name', instances: [], ...words },
  ]);
});

test('a process that is only reloaded keeps its port, as one that is wanted with another does not', () => {
  const manager = sysvinit;
  const [holding, taker] = [unit('a', 5000), unit('b', 5000)];
  const start = { action: 'start', manager, level: 0, unit: taker, reasons: [] } as const;
  const stage = { action: 'start', manager, level: 0, steps: [start] } as const;
  const kept = (wanted: readonly DeployedUnit[], ...stages: Parameters<typeof keptPorts>[0]['stages']) =>
    keptPorts({ stages: [...stages, stage] }, [seen(holding)], wanted).map(({ instances }) => instances.join(' '));
  const reload = { action: 'reload', manager, level: 0, unit: holding, reasons: [] } as const;
  const stop = { ...reload, action: 'stop' } as const;
  expect(kept([taker])).toEqual(['b a']);
  expect(kept([taker], { action: 'reload', manager, level: 0, steps: [reload] })).toEqual(['b a']);
  expect(kept([taker], { action: 'stop', manager, level: 0, steps: [stop] })).toEqual([]);
  // Another manager's process of the same name is another process.
  const elsewhere = { ...stop, manager: supervisord };
  expect(kept([taker], { action: 'stop', manager: supervisord, level: 0, steps: [elsewhere] })).toEqual(['b a']);
  expect(kept([taker, holding])).toEqual([]);
  expect(kept([taker, unit('a', 5001)])).toEqual(['b a']);
  expect(keptPorts({ stages: [stage] }, [seen(holding, 'stopped')], [taker])).toEqual([]);
  expect(keptPorts({ stages: [stage] }, [seen(unit('b', 5000))], [taker])).toEqual([]);
});

test('what has no port, or a network of its own, takes none from what keeps running', () => {
  const kept = (taker: DeployedUnit, holder: DeployedUnit): number => {
    const start = { action: 'start', manager: sysvinit, level: 0 } as const;
    const stages = [{ ...start, steps: [{ ...start, unit: taker, reasons: [] }] }];
    return keptPorts({ stages }, [seen(holder)], [taker]).length;
  };
  expect(kept(unit('b', null), unit('a', null))).toBe(0);
  expect(kept(unit('b', 5000, { ownNetwork: true }), unit('a', 5000))).toBe(0);
  expect(kept(unit('b', 5000), unit('a', 5000, { ownNetwork: true }))).toBe(0);
  expect(kept(unit('b', 5000), unit('a', 5000))).toBe(1);
});
