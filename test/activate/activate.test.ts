import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { activate } from '../../src/activate/activate.js';
import { noJournal, type OpenJournal } from '../../src/activate/journal.js';
import type { Activation } from '../../src/activate/activation.js';
import { tasksOf } from '../../src/activate/execution-tasks.js';
import type { ManagedProfile, Sessions } from '../../src/activate/sessions.js';
import type { ManagerSession } from '../../src/backends/backend.js';
import type { ManagerName } from '../../src/model/process-model.js';
import { planActivation, type ObservedUnit } from '../../src/plan/plan-activation.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';
import { ExplainedError } from '../../src/system/errors.js';
import type { Ports } from '../../src/system/ports.js';
import { fakeManager, type FakeManager } from '../support/fake-session.js';
import { unitCalled } from '../support/instances.js';

const sysvinit = 'sysvinit' as ManagerName;
const supervisord = 'supervisord' as ManagerName;

const ports: Ports = {
  run: () => Promise.reject(new Error('an activation runs no command of its own')),
  log: pino({ level: 'silent' }),
  env: {},
};

const managed = (manager: ManagerName, units: readonly DeployedUnit[]): ManagedProfile | null =>
  units.length === 0
    ? null
    : {
        manager,
        profile: {
          path: '/store/profile',
          profileName: 'processes',
          units,
          data: {},
          directories: { stateDir: '/var', runtimeDir: '/run', logDir: '/log' },
          forceDisableUserChange: true,
        },
      };

const nothing = async (): Promise<void> => undefined;
const accounts = { preparations: [], removals: [], notes: [], retained: [] };

const down = { state: 'stopped', pid: null, since: null, detail: null } as const;

/** Everything in `before` that its manager runs counts as running. */
const prepare = (
  sessions: Readonly<Record<string, FakeManager>>,
  [from, before]: readonly [ManagerName, readonly DeployedUnit[]],
  [to, after]: readonly [ManagerName, readonly DeployedUnit[]],
  journal: Activation['journal'] = { begin: () => Promise.resolve(noJournal), end: nothing },
): Activation => {
  const present: readonly ObservedUnit[] = before.map((unit) => ({
    manager: from,
    unit,
    observation: sessions[from]?.running.has(unit.name) === true ? { ...down, state: 'running' } : down,
  }));
  const plan = planActivation(
    present,
    after.length === 0
      ? null
      : {
          manager: to,
          units: after,
          movesAtOnce: Object.values(sessions).some(({ changesAtInstall }) => changesAtInstall === true),
        },
  );
  const leaving = before.length === 0 ? [] : [from];
  const target = managed(to, after);
  const connected: Sessions = {
    of: (manager): ManagerSession => {
      const session = sessions[manager];
      if (session === undefined) throw new Error(`nobody connected to ${manager}`);
      return session;
    },
  };
  return {
    location: { name: 'processes', link: '/profiles/processes', stateDirectory: '/profiles/.state' },
    next: { path: '/store/next', manifest: {} as never },
    recorded: '/store/profile',
    boot: null,
    directories: [],
    ports,
    plan: { ...plan, accounts },
    tasks: tasksOf(plan, leaving, target, connected, { waitForPorts: false }),
    accounts: { plan: accounts, prepare: nothing, clean: nothing, putBack: nothing, withdraw: nothing },
    unfinished: null,
    journal,
    leaving,
    current: managed(from, before),
    target,
    present,
    sessions: connected,
  };
};

const never = new AbortController().signal;

const run = async (
  prepared: Activation,
  { rollBack = true, keepGoing = false, signal = never, secondSignal = never } = {},
): Promise<ExplainedError | null> => {
  try {
    const watch = { settle: 0, waitForPorts: false };
    const settings = { command: 'switch', profileUpdate: null, rollBack, keepGoing, watch, signal, secondSignal };
    await activate(prepared, settings);
    return null;
  } catch (error) {
    if (error instanceof ExplainedError) return error;
    throw error;
  }
};

/** Takes down what the journal is told, beside what the managers are asked for. */
const noting = (events: string[]): Activation['journal'] => ({
  begin: async ({ command }) => {
    events.push(`begin ${command}`);
    const journal: OpenJournal = {
      during: async (effect, back, work) => {
        const what = `${effect.action}${'manager' in effect ? ` ${effect.manager}` : ''}${back ? ' (back)' : ''}`;
        events.push(what);
        const failed = await work();
        if (failed.length > 0) events.push(`${what} failed for ${failed.join(' ')}`);
      },
      close: async () => {
        events.push('close');
      },
    };
    return journal;
  },
  end: async () => {
    events.push('end');
  },
});

const old = (name: string, level = 0): DeployedUnit => unitCalled(name, { version: 'old', name }, level);
const fresh = (name: string, level = 0): DeployedUnit => unitCalled(name, { version: 'new', name }, level);

test('units are made known between the stops and the starts, and the generation is recorded last', async () => {
  const manager = fakeManager([old('gone'), old('kept')]);
  const events: string[] = [];
  const error = await run(
    prepare(
      { sysvinit: manager },
      [sysvinit, [old('gone'), old('kept')]],
      [sysvinit, [old('kept'), fresh('more', 1)]],
      noting(events),
    ),
  );
  expect(error).toBeNull();
  expect(manager.calls).toEqual(['stop gone', 'install', 'start more', 'finish']);
  expect(events).toEqual([
    ...['begin switch', 'accounts', 'stop sysvinit', 'install sysvinit', 'start sysvinit', 'finish sysvinit'],
    ...['record', 'clean', 'end', 'close'],
  ]);
});

test('when one of several changed processes fails, what ran before runs again and nothing is recorded', async () => {
  const before = [old('a'), old('b'), old('c', 1)];
  const after = [fresh('a'), fresh('b'), old('c', 1), fresh('d', 2)];
  const manager = fakeManager(before, [fresh('b').fingerprint]);
  const events: string[] = [];
  const error = await run(prepare({ sysvinit: manager }, [sysvinit, before], [sysvinit, after], noting(events)));
  expect(error?.exitCode).toBe(7);
  expect(error?.why).toContain('b did not restart: it exited with status 1');
  expect(events).not.toContain('record');
  expect([...manager.running].sort()).toEqual(before.map(({ name, fingerprint }) => [name, fingerprint]));
  expect(manager.calls.filter((call) => call.includes(' c'))).toEqual([]);
});

test('what was down before the failed switch stays down', async () => {
  const before = [old('up'), old('down')];
  const manager = fakeManager([old('up')], [fresh('bad').fingerprint]);
  await run(
    prepare({ sysvinit: manager }, [sysvinit, before], [sysvinit, [fresh('up'), fresh('down'), fresh('bad', 1)]]),
  );
  expect([...manager.running]).toEqual([['up', old('up').fingerprint]]);
});

test('a first deployment that fails leaves nothing running', async () => {
  const manager = fakeManager([], [fresh('bad').fingerprint]);
  const error = await run(prepare({ sysvinit: manager }, [sysvinit, []], [sysvinit, [fresh('good'), fresh('bad', 1)]]));
  expect(error?.exitCode).toBe(7);
  expect(manager.running.size).toBe(0);
  expect(manager.calls.at(-1)).toBe('finish nothing');
});

test('a failed switch keeps what runs when it is told to', async () => {
  const manager = fakeManager([old('a')], [fresh('bad').fingerprint]);
  const error = await run(
    prepare({ sysvinit: manager }, [sysvinit, [old('a')]], [sysvinit, [fresh('a'), fresh('bad', 1)]]),
    { rollBack: false },
  );
  expect(error?.exitCode).toBe(6);
  expect([...manager.running]).toEqual([['a', fresh('a').fingerprint]]);
});

test('a move that fails moves everything back to the old manager', async () => {
  const before = [old('a'), old('b', 1)];
  const from = fakeManager(before);
  const to = fakeManager([], [old('b').fingerprint]);
  const error = await run(
    prepare({ sysvinit: from, supervisord: to }, [sysvinit, before], [supervisord, [old('a'), old('b', 1)]]),
  );
  expect(error?.exitCode).toBe(7);
  expect(from.running.size).toBe(2);
  expect(to.running.size).toBe(0);
  expect(to.calls.at(-1)).toBe('finish nothing');
});

test('a move stops each level under the old manager immediately before it starts under the new one', async () => {
  const calls: string[] = [];
  const from = fakeManager([old('a'), old('b', 1)], [], { name: 'old', calls });
  const to = fakeManager([], [], { name: 'new', calls });
  await run(
    prepare(
      { sysvinit: from, supervisord: to },
      [sysvinit, [old('a'), old('b', 1)]],
      [supervisord, [old('a'), old('b', 1)]],
    ),
  );
  expect(calls).toEqual([
    'new: install',
    ...['old: stop a', 'new: start a'],
    ...['old: stop b', 'new: start b'],
    ...['old: install nothing', 'old: finish nothing'],
    'new: finish',
  ]);
});

test('a move to or from a manager that changes processes when it is told about them stops everything before', async () => {
  const calls: string[] = [];
  const from: FakeManager = {
    ...fakeManager([old('a'), old('b', 1)], [], { name: 'old', calls }),
    changesAtInstall: true,
  };
  const to = fakeManager([], [], { name: 'new', calls });
  await run(
    prepare(
      { sysvinit: from, supervisord: to },
      [sysvinit, [old('a'), old('b', 1)]],
      [supervisord, [old('a'), old('b', 1)]],
    ),
  );
  expect(calls).toEqual([
    ...['old: stop b', 'old: stop a', 'old: install nothing', 'old: finish nothing'],
    ...['new: install', 'new: start a', 'new: start b', 'new: finish'],
  ]);
});

test('what a manager has stopped together with a process that moved is started again when the move fails', async () => {
  const before = [old('a'), old('b', 1), old('c', 1)];
  const from = fakeManager(before);
  const stopping: FakeManager = {
    ...from,
    // As s6-rc does: dependents go down together with what they depend on.
    stop: (units) => from.stop(units.some(({ name }) => name === 'a') ? before : units),
  };
  const to = fakeManager([], [old('a').fingerprint]);
  await run(prepare({ sysvinit: stopping, supervisord: to }, [sysvinit, before], [supervisord, before]));
  expect([...from.running.keys()].sort()).toEqual(['a', 'b', 'c']);
});

test('a signal ends the switch between two stages, and what ran before runs again', async () => {
  const controller = new AbortController();
  const manager = fakeManager([old('a')]);
  const interrupting: FakeManager = {
    ...manager,
    restart: (changes) => {
      controller.abort();
      return manager.restart(changes);
    },
  };
  const error = await run(
    prepare({ sysvinit: interrupting }, [sysvinit, [old('a')]], [sysvinit, [fresh('a'), fresh('b', 1)]]),
    { signal: controller.signal },
  );
  expect(error?.exitCode).toBe(10);
  expect([...manager.running]).toEqual([['a', old('a').fingerprint]]);
});

test('a manager that breaks down in between fails the switch and is put back', async () => {
  const manager = fakeManager([old('a')]);
  let broken = true;
  const breaking: FakeManager = {
    ...manager,
    install: (next) => {
      if (!broken) return manager.install(next);
      broken = false;
      return Promise.reject(new Error('the server went away'));
    },
  };
  const error = await run(
    prepare({ sysvinit: breaking }, [sysvinit, [old('a'), old('gone')]], [sysvinit, [fresh('a')]]),
  );
  expect(error?.exitCode).toBe(7);
  expect(error?.why).toContain('the server went away');
});

test('an undeployment stops everything and leaves the manager', async () => {
  const manager = fakeManager([old('a'), old('b', 1)]);
  await run(prepare({ sysvinit: manager }, [sysvinit, [old('a'), old('b', 1)]], [sysvinit, []]));
  expect(manager.calls).toEqual(['stop b', 'stop a', 'install nothing', 'finish nothing']);
});

test.each([
  ['a switch that succeeds is removed', [], true, true],
  ['a failure that is put back is removed', [fresh('a').fingerprint], true, true],
  ['a failure that is left as it is stays', [fresh('a').fingerprint], false, false],
])('the journal of %s', async (_, broken, rollBack, expected) => {
  const events: string[] = [];
  const manager = fakeManager([old('a')], broken);
  await run(prepare({ sysvinit: manager }, [sysvinit, [old('a')]], [sysvinit, [fresh('a')]], noting(events)), {
    rollBack,
  });
  expect(events.includes('end')).toBe(expected);
  expect(events.at(-1)).toBe('close');
});

test('the journal tells what is put back from what is done', async () => {
  const events: string[] = [];
  const manager = fakeManager([old('a')], [fresh('a').fingerprint]);
  await run(prepare({ sysvinit: manager }, [sysvinit, [old('a')]], [sysvinit, [fresh('a')]], noting(events)));
  expect(events).toEqual([
    ...['begin switch', 'accounts', 'install sysvinit', 'restart sysvinit', 'restart sysvinit failed for a'],
    ...['install sysvinit (back)', 'start sysvinit (back)', 'finish sysvinit (back)', 'end', 'close'],
  ]);
});

test('a second signal ends also what puts back what ran before, and the journal stays', async () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const events: string[] = [];
  const manager = fakeManager([old('a'), old('b', 1)]);
  const interrupting: FakeManager = {
    ...manager,
    restart: (changes) => {
      if (first.signal.aborted) second.abort();
      first.abort();
      return manager.restart(changes);
    },
  };
  const error = await run(
    prepare(
      { sysvinit: interrupting },
      [sysvinit, [old('a'), old('b', 1)]],
      [sysvinit, [fresh('a'), fresh('b', 1)]],
      noting(events),
    ),
    { signal: first.signal, secondSignal: second.signal },
  );
  expect(error?.exitCode).toBe(10);
  expect(error?.fix).toContain('abort');
  expect(events).not.toContain('end');
});

const dependent = (unit: DeployedUnit, ...dependencies: readonly string[]): DeployedUnit => ({
  ...unit,
  dependencies: dependencies as DeployedUnit['dependencies'],
});

test('a switch that keeps going does what does not depend on what failed, and says what it left alone', async () => {
  const before = [old('bad'), old('other'), dependent(old('needy', 1), 'bad'), old('gone', 1)];
  const after = [
    fresh('bad'),
    fresh('other'),
    dependent(fresh('needy', 1), 'bad'),
    dependent(fresh('new', 1), 'other'),
    dependent(fresh('last', 2), 'needy'),
  ];
  const events: string[] = [];
  const manager = fakeManager(before, [fresh('bad').fingerprint]);
  const error = await run(prepare({ sysvinit: manager }, [sysvinit, before], [sysvinit, after], noting(events)), {
    keepGoing: true,
  });
  expect(error?.exitCode).toBe(6);
  expect(error?.why).toContain('bad did not restart');
  expect(error?.why).toContain('left alone, since they depend on that: needy, last');
  expect(manager.calls).toEqual(['stop gone', 'install', 'restart bad other', 'start new']);
  expect(manager.running.get('needy')).toBe(old('needy', 1).fingerprint);
  expect(events).not.toContain('record');
  expect(events).not.toContain('end');
});

test('a move that keeps going leaves what depends on what failed under the old manager, which forgets nothing', async () => {
  const units = [old('bad'), old('other'), dependent(old('needy', 1), 'bad')];
  const from = fakeManager(units);
  const to = fakeManager([], [old('bad').fingerprint]);
  const error = await run(prepare({ sysvinit: from, supervisord: to }, [sysvinit, units], [supervisord, units]), {
    keepGoing: true,
  });
  expect(error?.exitCode).toBe(6);
  expect([...from.running.keys()]).toEqual(['needy']);
  expect([...to.running.keys()]).toEqual(['other']);
  expect(from.calls).toEqual(['stop bad other']);
});

test('a switch that keeps going and in which nothing fails is recorded', async () => {
  const events: string[] = [];
  const manager = fakeManager([old('a')]);
  const error = await run(
    prepare({ sysvinit: manager }, [sysvinit, [old('a')]], [sysvinit, [fresh('a')]], noting(events)),
    { keepGoing: true },
  );
  expect(error).toBeNull();
  expect(events).toContain('record');
});

test('notes are logged, and an error that is no Error of ours is told in its own words', async () => {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => lines.push((JSON.parse(line) as { msg: string }).msg) });
  const manager = fakeManager([old('a')]);
  const prepared = prepare({ sysvinit: manager }, [sysvinit, [old('a')]], [sysvinit, [fresh('a')]]);
  const plan = { ...prepared.plan, notes: ['one'], accounts: { ...accounts, notes: ['two'] } };
  const failing = { ...prepared.accounts, clean: () => Promise.reject(new Error('no rights')) };
  expect(await run({ ...prepared, plan, accounts: failing, ports: { ...ports, log } })).toBeNull();
  expect(lines).toEqual(expect.arrayContaining(['note: one', 'note: two', 'no rights']));
});

test('accounts that cannot be made are put back as they were, and nothing else is done', async () => {
  const manager = fakeManager([old('a')]);
  const events: string[] = [];
  const prepared = prepare({ sysvinit: manager }, [sysvinit, [old('a')]], [sysvinit, [fresh('a')]], noting(events));
  const note = (event: string) => async (): Promise<void> => {
    events.push(event);
  };
  const failing = {
    ...prepared.accounts,
    ...{ putBack: note('put back'), withdraw: note('withdraw'), prepare: () => Promise.reject(new Error('no')) },
  };
  await expect(run({ ...prepared, accounts: failing })).rejects.toThrow('no');
  expect(events).toEqual(['begin switch', 'accounts', 'put back', 'withdraw', 'end', 'close']);
  expect(manager.calls).toEqual([]);
  events.length = 0;
  const unfinished = { reached: [], journal: null, state: 'interrupted', recordedStates: null } as const;
  await expect(run({ ...prepared, accounts: failing, unfinished })).rejects.toThrow('no');
  expect(events).toEqual(['begin switch', 'accounts', 'put back', 'withdraw', 'close']);
});

test('what failed and what was left alone is told once, and what could not be put back as well', async () => {
  const before = [old('a')];
  const manager = fakeManager(before, [fresh('a').fingerprint, old('a').fingerprint]);
  const error = await run(prepare({ sysvinit: manager }, [sysvinit, before], [sysvinit, [fresh('a')]]));
  expect(error).toMatchObject({
    exitCode: 6,
    message: 'The switch to /store/next failed, and what ran before could not be put back completely',
    why: 'a did not restart: it exited with status 1\nthen: a did not start: it exited with status 1',
  });
});

test('users that were changed have what they had before what ran before runs again', async () => {
  const events: string[] = [];
  const manager = fakeManager([old('a')], [fresh('a').fingerprint]);
  const prepared = prepare({ sysvinit: manager }, [sysvinit, [old('a')]], [sysvinit, [fresh('a')]], noting(events));
  const note = (event: string) => async (): Promise<void> => {
    events.push(event);
  };
  await run({ ...prepared, accounts: { ...prepared.accounts, putBack: note('put back'), withdraw: note('withdraw') } });
  expect(events.slice(events.indexOf('put back'))).toEqual([
    ...[
      'put back',
      'install sysvinit (back)',
      'start sysvinit (back)',
      'finish sysvinit (back)',
      'withdraw',
      'end',
      'close',
    ],
  ]);
});

test('a first deployment that fails under one manager, and a move, have every manager forget what it was told', async () => {
  const before = [old('a')];
  const [from, to] = [fakeManager(before), fakeManager([], [fresh('b').fingerprint])];
  await run(prepare({ sysvinit: from, supervisord: to }, [sysvinit, before], [supervisord, [old('a'), fresh('b', 1)]]));
  expect(to.calls.slice(-2)).toEqual(['install nothing', 'finish nothing']);
  expect(from.calls).toEqual(['stop a', 'install', 'start a', 'finish']);
});
