import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ManagerSession } from '../../../src/backends/backend.js';
import { connect } from '../../../src/backends/systemd/connect.js';
import type { Run } from '../../../src/system/ports.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { deployedProfile, deployedUnit } from './support/deployed.js';
import { userContext } from './support/user-context.js';

const target = 'nix-processmgmt-processes.target';
const nameOf = (process: string): string => `nix-process-${process}.service`;

let temporary: TemporaryDirectory;
beforeEach(async () => {
  temporary = await makeTemporaryDirectory();
});
afterEach(() => temporary.remove());

interface FakeSystemd {
  readonly run: Run;
  /** What it was told to do, without its options. */
  readonly told: string[];
}

/**
 * @param loaded states of the units that it has loaded before
 * @param left units that it does not start with the target which wants them
 */
const fakeSystemd = (loaded: Readonly<Record<string, string>>, left: readonly string[] = []): FakeSystemd => {
  const states = new Map(Object.entries({ 'init.scope': 'active', ...loaded }));
  const told: string[] = [];
  const answer = (verb: string, options: readonly string[], names: readonly string[]): string => {
    switch (verb) {
      case 'show':
        return names.length === 0
          ? `Version=252\nUnitPath=${join(temporary.path, 'systemd', 'user')}\n`
          : names.map((name) => `Id=${name}\nInactiveExitTimestampMonotonic=0\n`).join('\n');
      case 'list-units':
        return [...states].map(([name, state]) => `${name} loaded ${state} whatever Description\n`).join('');
      case 'start':
        for (const name of names) {
          states.set(name, 'active');
          if (name !== target || options.length > 0) continue;
          for (const process of ['a', 'b']) states.set(nameOf(process), left.includes(process) ? 'inactive' : 'active');
        }
        return '';
      default:
        return '';
    }
  };
  return {
    told,
    run: (request) => {
      const [, , , verb = '', ...rest] = request.args;
      const dashes = rest.indexOf('--');
      const names = dashes === -1 ? [] : rest.slice(dashes + 1);
      if (!['show', 'list-units'].includes(verb)) told.push([verb, ...names].join(' '));
      const stdout = answer(verb, dashes === -1 ? rest : rest.slice(0, dashes), names);
      return Promise.resolve({ exitCode: 0, stdout, stderr: '', timedOut: false });
    },
  };
};

const next = deployedProfile('/store/p', [deployedUnit('a'), deployedUnit('b')]);

/** A session in which the generation of a and b has been installed. */
const withNext = async ({ run }: FakeSystemd): Promise<ManagerSession> => {
  const session = await connect(userContext(temporary.path, run, { target: next }));
  await session.install(next);
  return session;
};

const ok = (...processes: readonly string[]) => processes.map((instance) => ({ instance, ok: true, detail: null }));

test('a generation of which systemd has loaded nothing before is started at once, with its target', async () => {
  const systemd = fakeSystemd({});
  const session = await withNext(systemd);
  expect(await session.start(next.units)).toEqual(ok('a', 'b'));
  await session.finish(next);
  expect(systemd.told).toEqual(['daemon-reload', `start ${target}`]);
});

test('what the target has not started is started itself', async () => {
  const systemd = fakeSystemd({}, ['b']);
  const session = await withNext(systemd);
  expect(await session.start(next.units)).toEqual(ok('a', 'b'));
  expect(systemd.told).toEqual(['daemon-reload', `start ${target}`, `start ${nameOf('b')}`]);
});

test('only of what systemd knows failures are forgotten, and each is started for itself then', async () => {
  const systemd = fakeSystemd({ [nameOf('b')]: 'failed' });
  const session = await withNext(systemd);
  expect(await session.start(next.units)).toEqual(ok('a', 'b'));
  await session.finish(next);
  expect(systemd.told).toEqual([
    'daemon-reload',
    `reset-failed ${nameOf('b')}`,
    `start ${nameOf('a')} ${nameOf('b')}`,
    `start ${target}`,
  ]);
});

test('the target starts nothing but what is to be started', async () => {
  const some = fakeSystemd({});
  const session = await withNext(some);
  expect(await session.start(next.units.slice(0, 1))).toEqual(ok('a'));
  // By then it may have failed.
  await session.start(next.units.slice(0, 1));
  expect(some.told).toEqual([
    'daemon-reload',
    `start ${nameOf('a')}`,
    `reset-failed ${nameOf('a')}`,
    `start ${nameOf('a')}`,
  ]);

  const active = fakeSystemd({ [target]: 'active' });
  await (await withNext(active)).start(next.units);
  expect(active.told).toContain(`start ${nameOf('a')} ${nameOf('b')}`);
});
