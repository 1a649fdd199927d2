import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { accountFiles } from '../../../src/backends/docker/image/accounts.js';
import { contentsEntries } from '../../../src/backends/docker/image/contents.js';
import { writeDockerArchive } from '../../../src/backends/docker/image/docker-archive.js';
import { adoptArchive } from '../../../src/backends/docker/image/foreign-archive.js';
import { writeLayer, type LayerEntry } from '../../../src/backends/docker/image/layer.js';
import { createRun } from '../../../src/system/run.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';

let directory: TemporaryDirectory;
beforeAll(async () => {
  directory = await makeTemporaryDirectory();
});
afterAll(() => directory.remove());

const run = createRun(process.env);
const file = (name: string): string => join(directory.path, name);
const listing = async (archive: string): Promise<readonly string[]> => {
  const { stdout } = await run({ file: 'tar', args: ['--utc', '-tvf', archive], env: { LC_ALL: 'C.UTF-8' } });
  return stdout.trim().split('\n');
};
const member = async (archive: string, name: string): Promise<string> =>
  (await run({ file: 'tar', args: ['-xOf', archive, name] })).stdout;

const long = `${'long/'.repeat(40)}name`;
const entries: readonly LayerEntry[] = [
  { kind: 'text', path: 'etc/passwd', text: 'root:x:0:0::/:/bin/sh\n' },
  { kind: 'directory', path: 'tmp', mode: 0o1777 },
  { kind: 'link', path: 'bin', target: 'usr/bin' },
  { kind: 'link', path: 'ü', target: `/${long}` },
  { kind: 'text', path: long, text: '' },
];

test("a layer has its entries in the order of their paths, root's and from 1970, with the directories that lead to them", async () => {
  const { size, digest } = await writeLayer(entries, file('layer.tar'));
  const bytes = readFileSync(file('layer.tar'));
  expect(bytes).toHaveLength(size);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(digest);
  const lines = await listing(file('layer.tar'));
  expect(lines.filter((line) => !line.includes('long'))).toEqual([
    'lrwxrwxrwx 0/0               0 1970-01-01 00:00 bin -> usr/bin',
    'drwxr-xr-x 0/0               0 1970-01-01 00:00 etc/',
    '-rw-r--r-- 0/0              22 1970-01-01 00:00 etc/passwd',
    'drwxrwxrwt 0/0               0 1970-01-01 00:00 tmp/',
  ]);
  expect(lines.at(-1)).toBe(`lrwxrwxrwx 0/0               0 1970-01-01 00:00 ü -> /${long}`);
  expect(lines.some((line) => line.endsWith(` ${long}`))).toBe(true);
});

test('the same images give the same bytes, layers are there once, and nothing is compressed', async () => {
  const layers = [await writeLayer(entries, file('one.tar')), await writeLayer(entries.slice(1, 2), file('two.tar'))];
  const images = [
    { reference: 'localhost/a:1', config: { Cmd: ['/bin/a'], Env: ['B=c'] }, layers },
    { reference: 'localhost/b:1', config: { Env: ['B=c'], Cmd: ['/bin/b'] }, layers: layers.slice(0, 1) },
  ];
  await writeDockerArchive(images, file('first.tar'));
  await writeDockerArchive(images, file('second.tar'));
  const bytes = readFileSync(file('first.tar'));
  expect(bytes.equals(readFileSync(file('second.tar')))).toBe(true);
  const names = (await listing(file('first.tar'))).map((line) => line.split(' ').at(-1));
  expect(names).toEqual([
    `${layers[0]?.digest}/layer.tar`,
    `${layers[1]?.digest}/layer.tar`,
    expect.stringMatching(/^[0-9a-f]{64}\.json$/),
    expect.stringMatching(/^[0-9a-f]{64}\.json$/),
    'manifest.json',
  ]);
  const manifest = JSON.parse(await member(file('first.tar'), 'manifest.json')) as { Config: string }[];
  expect(manifest).toMatchObject([
    { RepoTags: ['localhost/a:1'], Layers: [names[0], names[1]] },
    { RepoTags: ['localhost/b:1'], Layers: [names[0]] },
  ]);
  const config = await member(file('first.tar'), manifest[0]?.Config ?? '');
  expect(`${createHash('sha256').update(config).digest('hex')}.json`).toBe(manifest[0]?.Config);
  expect(JSON.parse(config)).toMatchObject({
    os: 'linux',
    created: '1970-01-01T00:00:01.000Z',
    config: { Cmd: ['/bin/a'], Env: ['B=c'] },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => `sha256:${digest}`) },
  });
});

test('one image of an archive is taken over under a name and with labels of ours, whatever compression it has', async () => {
  const layers = [await writeLayer(entries, file('layer.tar'))];
  await writeDockerArchive(
    [
      { reference: 'theirs:1', config: { Cmd: ['/bin/a'], Labels: { kept: 'yes' } }, layers },
      { reference: 'theirs:latest', config: { Cmd: ['/bin/b'] }, layers },
    ],
    file('theirs.tar'),
  );
  writeFileSync(file('theirs.tar.gz'), gzipSync(readFileSync(file('theirs.tar'))));
  const adopt = (path: string, tag: string | null) =>
    adoptArchive(
      { kind: 'archive', path, tag },
      'localhost/ours:h',
      { own: 'label' },
      file('ours.tar'),
      directory.path,
    );
  await adopt(file('theirs.tar.gz'), 'theirs:1');
  const [manifest] = JSON.parse(await member(file('ours.tar'), 'manifest.json')) as {
    Config: string;
    RepoTags: string[];
  }[];
  expect(manifest?.RepoTags).toEqual(['localhost/ours:h']);
  expect(JSON.parse(await member(file('ours.tar'), manifest?.Config ?? ''))).toMatchObject({
    config: { Cmd: ['/bin/a'], Labels: { kept: 'yes', own: 'label' } },
  });
  expect(await member(file('ours.tar'), `${layers[0]?.digest}/layer.tar`)).not.toBe('');

  await expect(adopt(file('theirs.tar'), 'theirs')).resolves.toBeUndefined();
  await expect(adopt(file('theirs.tar'), null)).rejects.toMatchObject({
    why: expect.stringContaining('several images'),
    fix: expect.stringContaining('theirs:1, theirs:latest'),
  });
  await expect(adopt(file('layer.tar'), null)).rejects.toMatchObject({ why: 'There is no manifest.json in it' });
  writeFileSync(file('x.tar.xz'), Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]));
  await expect(adopt(file('x.tar.xz'), null)).rejects.toMatchObject({ why: 'It is compressed by xz' });
  writeFileSync(file('broken.tar'), 'no archive');
  await expect(adopt(file('broken.tar'), null)).rejects.toMatchObject({
    message: expect.stringContaining('broken.tar'),
  });
});

test('users have the numbers of the host, else those of the model, else some that belong to their names alone', () => {
  const user = { uid: null, group: null, description: 'a:b', homeDir: null, shell: null };
  const image = {
    groups: [{ name: 'given', gid: 70 }],
    users: [
      { ...user, name: 'known', uid: 5 },
      { ...user, name: 'given', uid: 71, group: 'given' },
      { ...user, name: 'free' },
    ],
    otherUsers: ['www', 'missing'],
  };
  const host = {
    users: [
      { name: 'known', uid: 901, gid: 902, description: '', homeDir: '/', shell: '' },
      { name: 'www', uid: 33, gid: 33, description: 'www', homeDir: '/var/www', shell: '/bin/false' },
    ],
    groups: [{ name: 'known', gid: 902 }],
  };
  const { passwd, group } = accountFiles(image, host, { name: 'me', uid: 1000, gid: 100, homeDir: '/home/me' });
  const free = /^free:x:(\d+):(\d+):/m.exec(passwd);
  expect(Number(free?.[1])).toBeGreaterThanOrEqual(40_000);
  expect(Number(free?.[1])).toBeLessThan(60_000);
  expect(passwd.split('\n').filter((line) => !line.startsWith('free:'))).toEqual([
    'root:x:0:0:root:/root:/bin/sh',
    'nobody:x:65534:65534:nobody:/:/bin/false',
    'known:x:901:902:a b:/:/bin/sh',
    'given:x:71:70:a b:/:/bin/sh',
    'www:x:33:33:www:/var/www:/bin/false',
    'me:x:1000:100::/home/me:/bin/sh',
    '',
  ]);
  expect(group.split('\n')).toEqual([
    ...['root:x:0:', 'nogroup:x:65534:', 'given:x:70:', 'known:x:902:', `free:x:${free?.[2]}:`, ''],
  ]);
  expect(accountFiles(image, host, null)).toEqual(accountFiles(image, host, null));
});

test('contents are in the root directory, and in the store with all they need', async () => {
  const store = file('store');
  const dependency = join(store, 'dependency');
  const one = join(store, 'one');
  for (const path of [dependency, join(one, 'bin')]) mkdirSync(path, { recursive: true });
  writeFileSync(join(dependency, 'data'), 'data');
  writeFileSync(join(one, 'bin', 'run'), 'echo', { mode: 0o755 });
  symlinkSync(join(dependency, 'data'), join(one, 'data'));
  const fakeRun = async ({ args }: { readonly args: readonly string[] }) => {
    expect(args).toEqual(['--query', '--requisites', one]);
    return { exitCode: 0, stdout: `${one}\n${dependency}\n`, stderr: '', timedOut: false };
  };
  const below = store.slice(1);
  const found = await contentsEntries([one], fakeRun);
  expect(new Map(found.map((entry) => [entry.path, entry.kind]))).toEqual(
    new Map([
      [`${below}/dependency`, 'directory'],
      [`${below}/dependency/data`, 'copy'],
      [`${below}/one`, 'directory'],
      [`${below}/one/bin`, 'directory'],
      [`${below}/one/bin/run`, 'copy'],
      [`${below}/one/data`, 'link'],
      ['bin', 'directory'],
      ['bin/run', 'copy'],
      ['data', 'link'],
    ]),
  );
  expect(found.find(({ path }) => path === 'bin/run')).toMatchObject({ executable: true, size: 4 });
});
