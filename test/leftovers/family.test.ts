import { describe, expect, test } from '@jest/globals';
import { familyOf, type Family } from '../../src/leftovers/family.js';
import { findOwnInstances } from '../../src/leftovers/find-own-instance.js';
import { findStrays } from '../../src/leftovers/find-strays.js';
import { judgeLeftovers } from '../../src/leftovers/judge-leftovers.js';
import { controlGroupKey, placeOf } from '../../src/leftovers/own-control-group.js';
import type { ProcessFacts } from '../../src/system/process-list.js';

const key = controlGroupKey('/run', 'service');

/** "PID PARENT GROUP SESSION [CONTROL GROUP | =MARK]"; processes start in the order of their PIDs. */
const processes = (...lines: readonly string[]): readonly ProcessFacts[] =>
  lines.map((line) => {
    const [pid = '', parent, group, session, place = null] = line.split(' ');
    return {
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      session: Number(session),
      startTime: pid,
      controlGroup: place?.startsWith('=') === true ? null : place,
      mark: place?.startsWith('=') === true ? place.slice(1) : null,
    };
  });

const pids = (some: readonly ProcessFacts[]): readonly number[] => some.map(({ pid }) => pid).sort((a, b) => a - b);

const find = (table: readonly ProcessFacts[], roots: readonly number[], others: readonly number[] = []): Family =>
  familyOf({ key, roots }, { self: 900, others: new Set(others) }, table);

describe('the family of an instance', () => {
  test.each<readonly [string, readonly string[], readonly number[], readonly number[]]>([
    [
      'has the children of its process, their children, and no one else',
      ['1 0 1 1', '50 1 50 50', '100 50 100 50', '101 100 100 50', '102 101 102 102', '200 50 200 50'],
      [100],
      [100, 101, 102],
    ],
    [
      'has orphans of a session that its process leads',
      ['1 0 1 1', '100 1 100 100', '101 1 101 100', '102 1 102 102'],
      [100],
      [100, 101],
    ],
    [
      'has orphans of a session whose leader has ended, as a daemon leaves it, and of which it was the first',
      ['1 0 1 1', '100 1 99 99', '101 1 99 99'],
      [100],
      [100, 101],
    ],
    [
      'has nobody of a session in which somebody older is, though its leader has ended',
      ['1 0 1 1', '90 1 90 80', '100 1 100 80', '101 1 101 80'],
      [100],
      [100],
    ],
    [
      'has nobody of the session of an operator who called a script by hand',
      ['1 0 1 1', '80 1 80 80', '90 80 90 80', '100 1 100 80', '101 1 101 80'],
      [100],
      [100],
    ],
    [
      'has whoever is in a control group of its own, wherever it descends from',
      [
        '1 0 1 1',
        `100 1 100 100 /nixproc.instances${key}/start-100`,
        `102 1 102 102 /nixproc.instances${key}/start-100/sub`,
      ],
      [100],
      [100, 102],
    ],
    [
      'has nobody of another control group of ours, though it descends from it',
      [
        '1 0 1 1',
        `100 1 100 100 /nixproc.instances${key}/start-100`,
        '101 100 101 101 /nixproc.instances/run/other/start-101',
      ],
      [100],
      [100],
    ],
    [
      'has neither who asks nor an ancestor of theirs, nor anybody of a session that they are in',
      ['1 0 1 1', '100 1 100 100', '800 1 800 100', '900 800 900 900', '101 1 101 100'],
      [100],
      [100],
    ],
  ])('%s', (_, lines, roots, expected) => {
    expect(pids(find(processes(...lines), roots).members)).toEqual(expected);
  });

  test('ends where another instance begins', () => {
    const table = processes('1 0 1 1', '100 1 100 100', '101 100 101 101', '102 101 102 102', '103 100 100 100');
    expect(pids(find(table, [100], [101]).members)).toEqual([100, 103]);
  });

  test('does not call a session its own in which another instance is', () => {
    const table = processes('1 0 1 1', '100 1 100 100', '101 1 101 100', '102 1 102 100');
    expect(find(table, [100], [102])).toMatchObject({ sessions: new Set(), groups: new Set([100]) });
  });
});

describe('what of it ends with the instance', () => {
  const bonds = { sessions: new Set([100]), groups: new Set([100]) };
  const judge = (
    lines: readonly string[],
    policy: 'end' | 'bound' | 'process' = 'bound',
    listeners: readonly number[] = [],
  ) => {
    const { end, stay } = judgeLeftovers(processes(...lines), bonds, new Set(listeners), policy);
    return { end: pids(end), stay: pids(stay) };
  };

  test.each<readonly [string, readonly string[], readonly number[], readonly number[]]>([
    ['its session and its group do', ['101 1 100 100', '102 1 102 100'], [101, 102], []],
    ['who has a session of its own stays', ['102 1 102 102'], [], [102]],
    // cron's job with the process that mails what it prints, a container with its shim.
    ['who looks after somebody that stays does so, too', ['101 1 100 100', '102 101 102 102'], [], [101, 102]],
  ])('%s', (_, lines, end, stay) => {
    expect(judge(lines)).toEqual({ end, stay });
  });

  test('who listens at its port ends, whatever its session is, and so does its child that looks after nobody', () => {
    expect(judge(['101 1 100 100', '102 101 102 102'], 'bound', [102])).toEqual({ end: [101, 102], stay: [] });
  });

  test('leftovers = "end" ends all, and KillMode=process nobody', () => {
    const lines = ['101 1 100 100', '102 1 102 102'];
    expect(judge(lines, 'end')).toEqual({ end: [101, 102], stay: [] });
    expect(judge(lines, 'process', [102])).toEqual({ end: [], stay: [101, 102] });
  });
});

test('the innermost control group of ours counts', () => {
  const path = `/a/nixproc.instances/run/other/start-7/nixproc.instances${key}/start-8`;
  expect(placeOf(`${path}/x`)).toEqual({ key, start: 8, path });
  expect(placeOf('/user.slice')).toBeNull();
});

describe('what earlier starts have left', () => {
  const group = (start: number): string => `/nixproc.instances${key}/start-${String(start)}`;
  const strays = (root: number | null, relatives: readonly number[], ...lines: readonly string[]) =>
    pids(findStrays({ key, relatives }, root, { self: 900, others: new Set() }, processes(...lines)));

  test('is in the control group of another start', () => {
    const lines = [`101 1 101 101 ${group(100)}`, `200 1 200 200 ${group(200)}`, `201 200 201 201 ${group(200)}`];
    expect(strays(200, [], ...lines)).toEqual([101]);
    expect(strays(null, [], ...lines)).toEqual([101, 200, 201]);
  });

  test('has its variable, where there are no control groups, and is not what keeps the process', () => {
    const lines = [
      `101 1 101 101 =${key}`,
      `199 1 199 199 =${key}`,
      `200 199 200 200 =${key}`,
      '201 1 201 201 =/run/other',
    ];
    expect(strays(200, [], ...lines)).toEqual([101]);
    expect(strays(null, [], ...lines)).toEqual([101, 199, 200]);
    expect(strays(null, [201], ...lines)).toEqual([101, 199, 200]);
  });

  test('is older than its process; what descends from a process of it is none, and of several none is', () => {
    expect(strays(200, [101, 200, 201], '101 1 101 101', '200 1 200 200', '201 1 201 201')).toEqual([101]);
    expect(strays(200, [], `199 1 199 199 ${group(199)}`, `200 1 200 200 ${group(200)}`)).toEqual([]);
  });
});

describe('an instance that a command belongs to', () => {
  const service = '/system.slice/hook.service';
  test.each<readonly [string, readonly string[], string | null]>([
    ['is an ancestor', ['100 1 100 100', '800 100 800 800', '900 800 900 900'], 'descends from process 100'],
    ['leads its process group', ['100 1 100 100', '900 1 100 100'], 'is in the process group of process 100'],
    [
      'is a service of systemd whose process has forked twice',
      [`100 1 100 100 ${service}`, `900 1 900 900 ${service}/sub`],
      'is in the control group of process 100',
    ],
    ['is none that is somewhere else', [`100 1 100 100 ${service}`, `900 1 900 900 ${service}2`], null],
    ['is none where all are in one control group', ['100 1 100 100 /', '900 1 900 900 /'], null],
  ])('%s', (_, lines, how) => {
    const found = findOwnInstances([{ instance: 'hook', pid: 100, endsControlGroup: true }], 900, processes(...lines));
    expect(found).toEqual(how === null ? [] : [{ instance: 'hook', how }]);
  });

  test.each([
    ['is not the one that was started from the same login session', '/user.slice/user-0.slice/session-1.scope', 0],
    ['is the one whose start has made the control group', `/nixproc.instances${key}/start-100`, 1],
  ])('%s, where the manager ends no control groups', (_, group, count) => {
    const lines = processes(`100 1 100 100 ${group}`, `900 1 900 900 ${group}`);
    expect(findOwnInstances([{ instance: 'hook', pid: 100 }], 900, lines)).toHaveLength(count);
  });
});
