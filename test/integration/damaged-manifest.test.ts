import { chmodSync, lstatSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { manifestPath } from '../../src/profile/manifest-path.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { runningSleepers, sleeperOptions, writeSleepers } from '../support/faults/sleepers.js';
import { pidsOf } from '../support/status.js';

const [account] = accounts;

let deployment: Deployment;
let models: Readonly<Record<'first' | 'second' | 'third', string>>;
/** Files of profiles that a test has damaged, with what they said. */
const damaged = new Map<string, string>();

const deploy = (model: string, ...options: readonly string[]) =>
  deployment.tool('switch', '-P', 'sysvinit', ...sleeperOptions(deployment), ...options, model);
const linkOf = (generation?: number): string =>
  join(deployment.profilesDir, generation === undefined ? 'processes' : `processes-${generation}-link`);

const write = (file: string, text: string): void => {
  for (const path of [dirname(file), file]) chmodSync(path, lstatSync(path).mode | 0o200);
  writeFileSync(file, text);
};
const damage = (change: (text: string) => string, link = linkOf()): void => {
  const file = join(realpathSync(link), manifestPath);
  const text = readFileSync(file, 'utf8');
  damaged.set(file, text);
  write(file, change(text));
};
/** The second unit's activation data lacks a field. */
const withoutField = (text: string): string => {
  const manifest = JSON.parse(text) as { units: { name: string; activation: Record<string, unknown> }[] };
  for (const { name, activation } of manifest.units) if (name === 'b') delete activation['recordFile'];
  return JSON.stringify(manifest);
};

beforeAll(async () => {
  if (account === undefined) throw new Error('there is no account to run as');
  deployment = await createDeployment(account, 'webapps');
  const a = { version: '1' };
  models = {
    first: await writeSleepers(deployment, 'first', { a, b: { version: '1' } }),
    second: await writeSleepers(deployment, 'second', { a, b: { version: '2' }, c: { version: '1' } }),
    third: await writeSleepers(deployment, 'third', { a, b: { version: '3' } }),
  };
  expect(await deploy(models.first)).toMatchObject({ exitCode: 0 });
});
beforeEach(async () => {
  expect(await deploy(models.second)).toMatchObject({ exitCode: 0 });
});
afterEach(() => {
  for (const [file, text] of damaged) write(file, text);
  damaged.clear();
});
afterAll(() => deployment.dispose());

const cutOff = (text: string): string => text.slice(0, text.length / 2);
const newer = (text: string): string => text.replace('"formatVersion":1', '"formatVersion":2');

test('what a damaged manifest still says, and older generations, tell what runs', async () => {
  const before = await pidsOf(deployment);
  damage(withoutField);
  const status = await deployment.tool('status');
  expect(status).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('"b"') });
  expect(status.stderr).toContain('this goes by what can be read of it (a, c) and what other generations say (b)');
  expect(await pidsOf(deployment)).toEqual(before);
  expect(await deployment.tool('stop', 'b')).toMatchObject({ exitCode: 0 });
  expect(runningSleepers(deployment)).toEqual(['a 1', 'c 1']);
  expect(await deployment.tool('start', 'b')).toMatchObject({ exitCode: 0 });

  const switched = await deploy(models.third);
  expect(switched).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('cannot be read') });
  // What could be told kept running, what could not be was restarted, and what is not wanted has ended.
  expect(await pidsOf(deployment)).toMatchObject({ a: before['a'] });
  expect(runningSleepers(deployment)).toEqual(['a 1', 'b 3']);
});

test.each<[string, (text: string) => string, string]>([
  ['is cut off', cutOff, 'is damaged'],
  ['is empty', () => '', 'is damaged'],
  ['has another format', newer, 'is a manifest of another format'],
])('a current generation whose manifest %s keeps no command from working', async (_, change, words) => {
  damage(change);
  for (const command of [['status'], ['plan', ...sleeperOptions(deployment), models.third]]) {
    const { exitCode, stderr, stdout } = await deployment.tool(...command);
    expect([0, 4]).toContain(exitCode);
    expect(`${stdout}${stderr}`).toContain(words);
  }
  expect(await deployment.tool('generations', 'list')).toMatchObject({ exitCode: 0 });
  expect(await deployment.tool('rollback')).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(words) });
  const [a, b] = runningSleepers(deployment);
  expect(a).toBe('a 1');
  expect(b).not.toBe('b 2');
});

test('an undeployment ends what is known of a damaged generation', async () => {
  damage(withoutField);
  expect(await deployment.tool('undeploy')).toMatchObject({ exitCode: 0 });
  expect(runningSleepers(deployment)).toEqual([]);
});

test.each<[string, (text: string) => string, string]>([
  ['lacks what activation needs', withoutField, 'process instance "b"'],
  ['is cut off', cutOff, 'is damaged'],
  ['has another format', newer, 'format 2'],
])('a target whose manifest %s is refused before any effect', async (_, change, words) => {
  const before = await pidsOf(deployment);
  damage(change, linkOf(1));
  for (const command of [
    ['generations', 'switch', '1'],
    ['switch', linkOf(1)],
    ['plan', linkOf(1)],
  ]) {
    const { exitCode, stderr } = await deployment.tool(...command);
    expect({ exitCode, stderr }).toEqual({ exitCode: 6, stderr: expect.stringContaining(words) });
  }
  expect(await pidsOf(deployment)).toEqual(before);
});

test('a manifest without a format number is read', async () => {
  damage((text) => text.replace('"formatVersion":1,', ''));
  expect(await deployment.tool('status')).toMatchObject({ exitCode: 0 });
});

test('a generation whose profile is gone is not taken for nothing', async () => {
  const link = linkOf();
  const away = realpathSync(link);
  expect(await deployment.run('mv', away, `${away}.away`)).toMatchObject({ exitCode: 0 });
  try {
    const status = await deployment.tool('status');
    expect(status).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('is gone') });
  } finally {
    expect(await deployment.run('mv', `${away}.away`, away)).toMatchObject({ exitCode: 0 });
  }
});

test.each<[string, (journal: string) => void]>([
  [
    'is damaged',
    (journal) => {
      writeFileSync(journal, 'garbage\n');
    },
  ],
  [
    'is a directory',
    (journal) => {
      mkdirSync(journal);
    },
  ],
])('a journal that %s keeps nobody from going on', async (_, make) => {
  const journal = join(deployment.profilesDir, '.nix-processmgmt-ts', 'processes', 'unfinished', 'journal');
  const leave = (): void => {
    mkdirSync(dirname(journal), { recursive: true });
    make(journal);
  };
  leave();
  expect(await deployment.tool('status')).toMatchObject({ stderr: expect.stringContaining('cannot be read') });
  expect(await deployment.tool('stop', 'c')).toMatchObject({ exitCode: 0 });
  const resumed = await deployment.tool('resume');
  expect(resumed).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is not known') });
  expect(await deployment.tool('abort')).toMatchObject({ exitCode: 0 });
  expect(runningSleepers(deployment)).toEqual(['a 1', 'b 2', 'c 1']);
  leave();
  expect(await deploy(models.third)).toMatchObject({ exitCode: 0 });
  expect(await deployment.tool('status')).toMatchObject({ exitCode: 0 });
});
