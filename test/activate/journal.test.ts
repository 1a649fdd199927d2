import { appendFile, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  continueJournal,
  createJournal,
  placeIn,
  readJournal,
  type JournalHeader,
} from '../../src/activate/journal.js';
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
