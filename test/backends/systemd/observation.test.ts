import { expect, test } from '@jest/globals';
import type { Activation } from '../../../src/backends/systemd/activation-data.js';
import { observationOf, parseTime } from '../../../src/backends/systemd/observation.js';
import { parseProperties, parseUnitList, type UnitState } from '../../../src/backends/systemd/systemctl.js';
import { activation } from './support/deployed.js';

/** "loaded active running" as systemctl's columns. */
const stateOf = (words: string): UnitState => {
  const [load = '', active = '', substate = ''] = words.split(' ');
  return { load, active, substate };
};

interface Situation {
  readonly units?: Readonly<Record<string, string>>;
  readonly properties?: Readonly<Record<string, string>>;
  readonly presence?: 'installed' | 'masked' | 'absent';
}

const observe = ({ units = {}, properties, presence = 'installed' }: Situation, of: Activation = activation('a')) =>
  observationOf(of, {
    state: (unit) => (units[unit] === undefined ? null : stateOf(units[unit])),
    properties: () => (properties === undefined ? null : (name) => properties[name] ?? ''),
    presence: () => presence,
  });

const a = 'nix-process-a.service';

test('a service that runs has its process and the time of its start', () => {
  const properties = { MainPID: '12', ActiveEnterTimestamp: 'Sat 2026-11-21 06:40:44 UTC' };
  expect(observe({ units: { [a]: 'loaded active running' }, properties })).toEqual({
    state: 'running',
    pid: 12,
    since: Date.UTC(2026, 10, 21, 6, 40, 44),
    detail: null,
  });
});

test.each<[string, Situation, string, string | null]>([
  ['has done its work and remains', { units: { [a]: 'loaded active exited' } }, 'running', null],
  ['reloads', { units: { [a]: 'loaded reloading reload' } }, 'running', null],
  ['starts', { units: { [a]: 'loaded activating start-pre' } }, 'starting', null],
  ['was stopped', { units: { [a]: 'loaded inactive dead' } }, 'stopped', null],
  ['is not loaded, but there', {}, 'stopped', null],
  ['is nowhere', { presence: 'absent' }, 'absent', null],
  ['is only mentioned', { units: { [a]: 'not-found inactive dead' }, presence: 'absent' }, 'absent', null],
  ['is masked', { units: { [a]: 'masked inactive dead' }, presence: 'masked' }, 'stopped', `${a} is masked`],
  ['is masked and not loaded', { presence: 'masked' }, 'stopped', `${a} is masked`],
  ['has failed', { units: { [a]: 'loaded failed failed' } }, 'failed', 'failed'],
  [
    'waits to be started again',
    {
      units: { [a]: 'loaded activating auto-restart' },
      properties: { Result: 'exit-code', ExecMainCode: '1', ExecMainStatus: '3', NRestarts: '4' },
    },
    'failed',
    'its process ended with exit status 3; systemd starts it again (4 times so far)',
  ],
  [
    'cannot be loaded',
    {
      units: { [a]: 'bad-setting inactive dead' },
      properties: { LoadError: 'org.freedesktop.systemd1.BadUnitSetting "Unit has a bad setting."' },
    },
    'failed',
    'systemd refuses the unit: Unit has a bad setting.',
  ],
])('a service that %s', (_, situation, state, detail) => {
  expect(observe(situation)).toMatchObject({ state, detail });
});

test.each([
  [{ Result: 'exit-code', ExecMainCode: '1', ExecMainStatus: '203' }, 'its program cannot be executed'],
  [{ Result: 'exit-code', ExecMainCode: '1', ExecMainStatus: '217' }, 'its user does not exist'],
  [{ Result: 'signal', ExecMainCode: '2', ExecMainStatus: '9' }, 'its process was ended by SIGKILL'],
  [{ Result: 'core-dump', ExecMainCode: '3', ExecMainStatus: '11' }, 'its process crashed with SIGSEGV'],
  [
    { Result: 'exit-code', ExecMainCode: '0', ExecStartPre: '{ path=/bin/sh ; code=exited ; status=7 }' },
    'what is done before it starts (initialize, ExecStartPre) ended with exit status 7',
  ],
  [{ Result: 'timeout' }, 'it took longer than systemd waits'],
  [{ Result: 'protocol' }, 'it did not behave as its Type says (a daemon has to fork and to write its PID file)'],
  [{ Result: 'start-limit-hit' }, 'it ended too often, and systemd does not start it again'],
  [{ Result: 'oom-kill' }, 'it ran out of memory'],
  [{ Result: 'watchdog' }, 'it did not answer its watchdog'],
  [{ Result: 'resources' }, 'systemd could not get what it needs (see the log)'],
  [{ Result: 'something-new' }, 'something-new'],
  [{ Result: 'timeout', StatusText: 'waiting for X' }, 'it took longer than systemd waits (waiting for X)'],
])('%j is told as: %s', (properties, detail) => {
  expect(observe({ units: { [a]: 'loaded failed failed' }, properties: properties })).toMatchObject({
    state: 'failed',
    detail,
  });
});

const timer = 'nix-process-a.timer';
const job = activation('a', { units: [a, timer], started: [timer] });

test.each<[string, Situation, string, string | null]>([
  [
    'waits',
    { units: { [timer]: 'loaded active waiting', [a]: 'loaded inactive dead' } },
    'running',
    `${timer} is waiting`,
  ],
  ['runs', { units: { [timer]: 'loaded active running', [a]: 'loaded active running' } }, 'running', null],
  ['was stopped', { units: { [timer]: 'loaded inactive dead' } }, 'stopped', `${timer} is not active`],
  [
    'failed last time',
    { units: { [timer]: 'loaded active waiting', [a]: 'loaded failed failed' } },
    'failed',
    'failed',
  ],
  [
    'has a broken timer',
    { units: { [timer]: 'bad-setting inactive dead' } },
    'failed',
    `${timer}: systemd refuses the unit`,
  ],
])('a job with a timer that %s', (_, situation, state, detail) => {
  expect(observe(situation, job)).toMatchObject({ state, detail });
});

test('a time that never was is none', () => {
  expect(parseTime('')).toBeNull();
  expect(parseTime('n/a')).toBeNull();
});

test('the list of units is read whatever stands in descriptions', () => {
  expect(parseUnitList('a.service loaded active running A b c\n  b\\x20c.timer not-found inactive dead\n\n')).toEqual(
    new Map([
      ['a.service', stateOf('loaded active running')],
      ['b\\x20c.timer', stateOf('not-found inactive dead')],
    ]),
  );
});

test('properties are read with whatever equals signs are in them', () => {
  const properties = parseProperties('Id=a.service\nExecStart={ argv[]=x=y }\n\nId=b.service\n');
  expect(properties.get('a.service')?.('ExecStart')).toBe('{ argv[]=x=y }');
  expect(properties.get('b.service')?.('ExecStart')).toBe('');
});
