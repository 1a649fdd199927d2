import { appendFile, mkdir, readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  continueJournal,
  createJournal,
  recordedStatesFrom,
  placeIn,
  readJournal,
  type Effect,
  type JournalEntry,
  type JournalHeader,
  type OpenJournal,
} from '../../src/activate/journal.js';
import { ActivationError } from '../../src/system/errors.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

let directory: TemporaryDirectory;
let file: string;
beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  file = join(directory.path, 'journal');
});
afterEach(async () => {
  await directory.remove();
});

const header: JournalHeader = {
  format: 1,
  command: 'switch',
  since: '2026-01-01T00:00:00.000Z',
  process: { pid: 7, startTime: '1', bootId: 'boot', pidNamespace: null, machine: 'here' },
  to: '/store/two',
  reaching: ['/store/two'],
  arrival: { generation: null, history: [1] },
  running: [{ manager: 'sysvinit', name: 'a', profile: '/store/one', certain: true }],
};
const stop = {
  action: 'stop',
  manager: 'sysvinit',
  units: [{ instance: 'a', name: 'a', profile: '/store/one' }],
} as const;

const whereItEnds = async (): Promise<string> => {
  const journal = await readJournal(file);
  if (journal === null) throw new Error('there is no journal');
  return placeIn(journal);
};

test('what is written before a step and after it says where it ended', async () => {
  const journal = await createJournal(file, header);
  expect(await whereItEnds()).toBe('before its first step');
  await journal.during(stop, false, async () => {
    expect(await whereItEnds()).toBe('in step 1: stop a (sysvinit)');
    return [];
  });
  expect(await whereItEnds()).toBe('after step 1: stop a (sysvinit)');
  await journal.during({ action: 'install', manager: 'sysvinit' }, true, async () => []);
  expect(await whereItEnds()).toBe('after step 2: install (sysvinit), putting back what ran before');
  await journal.close();
  expect((await readJournal(file))?.header).toEqual(header);
});

test('a step that throws stays begun', async () => {
  const journal = await createJournal(file, header);
  await expect(journal.during(stop, false, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await journal.close();
  expect(await whereItEnds()).toBe('in step 1: stop a (sysvinit)');
});

test('a line that a power cut has cut off counts as not written, and what follows it does', async () => {
  const journal = await createJournal(file, header);
  await journal.during(stop, false, async () => []);
  await journal.close();
  const text = await readFile(file, 'utf8');
  await truncate(file, text.length - 20);
  expect(await whereItEnds()).toBe('in step 1: stop a (sysvinit)');
  const more = await continueJournal(file, () => undefined);
  await more.during({ ...stop, action: 'start' }, false, async () => []);
  await more.close();
  expect(await whereItEnds()).toBe('after step 2: start a (sysvinit)');
});

test('a new journal replaces the old one, and one that somebody else wrote says nothing', async () => {
  await (await createJournal(file, header)).close();
  await (await createJournal(file, { ...header, command: 'rollback' })).close();
  expect((await readJournal(file))?.header.command).toBe('rollback');
  await truncate(file);
  await appendFile(file, 'something else\n');
  expect(await readJournal(file)).toBeNull();
  expect(await readJournal(join(directory.path, 'nothing'))).toBeNull();
});

test('a journal that cannot be written ends what is done, but not what is put back', async () => {
  const journal = await createJournal(file, header);
  await journal.close();
  const done: string[] = [];
  const work = (what: string) => async (): Promise<readonly string[]> => {
    done.push(what);
    return [];
  };
  await expect(journal.during(stop, false, work('there'))).rejects.toThrow();
  await journal.during(stop, true, work('back'));
  expect(done).toEqual(['back']);
});

test('a disk that is full is told once, and a journal that would tell the old story is emptied or said to mislead', async () => {
  const told: (readonly [string, boolean])[] = [];
  const onLost = (error: unknown, misleads: boolean): void => {
    told.push([error instanceof ActivationError ? error.message : String(error), misleads]);
  };
  const done: string[] = [];
  const act = async (journal: OpenJournal, action: 'start' | 'stop') => {
    await journal.during({ ...stop, action }, false, async () => {
      done.push(action);
      return [];
    });
  };
  // Every write to it fails for want of room; as a device it cannot be emptied, and need not be.
  const full = await continueJournal('/dev/full', onLost);
  await act(full, 'stop');
  await act(full, 'stop');
  await full.close();
  expect(told).toEqual([['The journal /dev/full cannot be written', false]]);
  expect(done).toEqual(['stop', 'stop']);
  told.length = 0;
  const missing = join(directory.path, 'no', 'journal');
  const unwritable = await continueJournal(missing, onLost);
  await act(unwritable, 'stop');
  await act(unwritable, 'start');
  await unwritable.close();
  expect(told).toEqual([[`The journal ${missing} cannot be written`, false]]);
  const again = await continueJournal(missing, onLost);
  await act(again, 'start');
  expect(told.at(-1)).toEqual([`The journal ${missing} cannot be written`, true]);
});

test('what cannot be written leaves no file behind, and a directory in the place of a journal is replaced', async () => {
  await mkdir(join(file, 'in', 'the', 'way'), { recursive: true });
  await (await createJournal(file, header)).close();
  expect((await readJournal(file))?.header).toEqual(header);
  const cyclic = { ...header, command: 1n as unknown as string };
  await expect(createJournal(file, cyclic)).rejects.toThrow();
  expect(await readdir(directory.path)).toEqual(['journal']);
});

test('every effect can be read again', async () => {
  const journal = await createJournal(file, header);
  const effects: readonly Effect[] = [
    ...(['stop', 'start', 'restart', 'reload'] as const).map((action) => ({ ...stop, action })),
    ...(['install', 'leave', 'finish'] as const).map((action) => ({ action, manager: 'sysvinit' })),
    ...(['accounts', 'record', 'clean'] as const).map((action) => ({ action })),
  ];
  for (const effect of effects) await journal.during(effect, false, async () => ['a']);
  await journal.close();
  const { entries } = (await readJournal(file)) ?? { entries: [] };
  expect(entries.flatMap((entry) => (entry.event === 'begin' ? [entry.effect] : []))).toEqual(effects);
  expect(entries.flatMap((entry) => (entry.event === 'done' ? entry.failed : []))).toEqual(effects.map(() => 'a'));
});

test('a process is where the journal has left it', () => {
  const at = header.since;
  const two = { ...stop, units: [{ instance: 'a', name: 'a', profile: '/store/two' }] };
  const begin = (effect: Effect) => ({ event: 'begin', at, back: false, effect }) as const;
  const done = (...failed: readonly string[]) => ({ event: 'done', at, failed: [...failed] }) as const;
  const of = (...entries: readonly JournalEntry[]) => recordedStatesFrom({ header, entries }).of('a');
  expect(of()).toEqual({ holder: 'sysvinit', profile: '/store/one', certain: true });
  expect(of(begin(stop))).toEqual({ holder: 'sysvinit', profile: '/store/one', certain: false });
  expect(of(begin(two), done('a'))).toEqual({ holder: 'sysvinit', profile: '/store/one', certain: false });
  expect(of(begin(stop), done())).toEqual({ holder: null, profile: null, certain: true });
  expect(of(begin(stop), done(), begin({ ...two, action: 'start' }))).toEqual({
    ...{ holder: 'sysvinit', profile: '/store/two', certain: false },
  });
  expect(of(begin({ ...two, action: 'restart' }), done())).toEqual({
    ...{ holder: 'sysvinit', profile: '/store/two', certain: true },
  });
  expect(of(begin({ action: 'install', manager: 'sysvinit' }), done('a'))).toMatchObject({ certain: true });
  expect(of(done('a'))).toMatchObject({ certain: true });
  const recordedStates = recordedStatesFrom({ header, entries: [begin({ ...stop, manager: 'systemd' })] });
  expect(recordedStates.wasTouched('systemd', 'a')).toBe(true);
  expect(recordedStates.wasTouched('sysvinit', 'a')).toBe(false);
  expect(recordedStates.of('b')).toBeUndefined();
});
