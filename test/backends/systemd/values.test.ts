import { chmod, copyFile, mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { systemd } from '../../../src/backends/systemd/index.js';
import type { ManagedProcess, ProcessName } from '../../../src/model/process-model.js';
import { ModelError } from '../../../src/system/errors.js';
import { isRoot } from '../../support/is-root.js';
import { bootSystemd, type SystemdNamespace } from '../../support/systemd-namespace.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { torture, tortureTimeout } from '../../support/torture-values.js';
import { readReport, reporter } from '../docker/support/reporter.js';
import { managedProcess, renderManaged, type UnitSurroundings } from '../support/render-unit.js';

jest.setTimeout(2 * tortureTimeout);

// A namespace needs mounts, which are root's.
const testAsRoot = isRoot ? test : test.skip;

let namespace: SystemdNamespace;
let directory: TemporaryDirectory;
let surroundings: UnitSurroundings;
beforeAll(async () => {
  if (!isRoot) return;
  namespace = await bootSystemd();
  directory = await makeTemporaryDirectory();
  surroundings = { root: directory.path };
  await mkdir(join(directory.path, 'reports'));
  await chmod(join(directory.path, 'reports'), 0o1777);
});
afterAll(async () => {
  if (!isRoot) return;
  await namespace.dispose();
  await directory.remove();
});

const systemctl = (...args: readonly string[]) => namespace.mustRun('systemctl', ...args);

/** Starts processes as the units that they are rendered to; returns what each of them found. */
const startAll = async (
  processes: readonly (Omit<Partial<ManagedProcess>, 'name'> & { readonly name: string })[],
  overrides = {},
) => {
  const units = processes.map((process) => {
    renderManaged(systemd, managedProcess({ ...process, name: process.name as ProcessName }), surroundings, {
      overrides,
    });
    return `nix-process-${process.name}.service`;
  });
  await namespace.mustRun(
    'sh',
    '-c',
    `ln -sf "$0"/etc/systemd/system/*.service /etc/systemd/system`,
    join(directory.path, 'profile'),
  );
  await systemctl('daemon-reload');
  await systemctl('start', ...units);
  return Promise.all(processes.map(({ name }) => readReport(join(directory.path, 'reports', name))));
};

const report = (name: string, ...args: readonly string[]) => reporter(join(directory.path, 'reports', name), ...args);

testAsRoot('arguments and values of variables reach a process byte for byte, whatever is in them', () =>
  torture({
    way: 'systemd',
    backend: systemd,
    deliver: async (loads) => {
      // With another user and an initialization every other one.
      const found = await startAll(
        loads.map(({ name, args, environment }, index) => ({
          name,
          foreground: report(name, ...args),
          environment,
          ...(index % 2 === 0 ? {} : { user: 'www-data', initialize: 'test "$V0" = "$V0"' }),
        })),
      );
      await systemctl('stop', ...loads.map(({ name }) => `nix-process-${name}.service`));
      return found;
    },
  }),
);

testAsRoot('an initialization has the variables of the process, and runs as root before it', async () => {
  const { path } = directory;
  const value = 'control \u0001 and \ufffe, 50% $HOME "quotes" \\ \n';
  const [found] = await startAll([
    {
      name: 'initialized',
      foreground: report('initialized', 'x'),
      environment: { VALUE: value },
      directory: join(path, 'made'),
      user: 'www-data',
      initialize: `mkdir ${path}/made; id -u >${path}/made/uid; printf %s "$VALUE" >${path}/made/value`,
    },
  ]);
  expect(found).toMatchObject({ directory: join(path, 'made'), uid: 33, gids: [33], environment: { VALUE: value } });
  expect(await readFile(join(path, 'made/uid'), 'utf8')).toBe('0\n');
  expect(await readFile(join(path, 'made/value'), 'utf8')).toBe(value);
});

testAsRoot('a directory that an initialization does not make keeps the process from starting', async () => {
  const process = { name: 'lost', foreground: report('lost'), directory: '/nowhere/at/all', initialize: 'true' };
  await expect(startAll([process])).rejects.toThrow('Job for nix-process-lost.service failed');
});

testAsRoot('variables arrive whose names systemd does not take, and very long values', async () => {
  const environment = {
    'spring.profiles.active': 'a',
    'A-B': 'b',
    ü: 'c',
    'a b': 'd',
    'x%n': 'e',
    IFS: ',',
    PS1: '$ ',
    LANG: 'xx',
    LONG: '%'.repeat(100_000),
  };
  const [found] = await startAll([
    { name: 'names', foreground: report('names', '\u0001'.repeat(100_000)), environment },
  ]);
  expect(found?.environment).toMatchObject(environment);
  expect(found?.args).toEqual(['\u0001'.repeat(100_000)]);
});

testAsRoot.each([
  ['a space and UTF-8', 'pérl 5'],
  ['percent signs', 'perl%n%%'],
  ['what systemd would expand', 'perl$HOME${HOME}$$'],
  ['quotes and a backslash', `perl"'\\`],
  ['control characters', 'perl\n\u0001\ufffe'],
  ['what systemd takes for a prefix', '-@:+!perl'],
  ['an equals sign', 'VARIABLE=perl'],
])('a program is found by a path with %s', async (_, name) => {
  const path = join(directory.path, name);
  await copyFile('/usr/bin/perl', path);
  await chmod(path, 0o755);
  const id = `program${Buffer.from(name).toString('hex')}`;
  const [found] = await startAll([
    { name: id, foreground: { ...report(id, 'argument'), executable: path }, environment: { 'A-B': 'also' } },
  ]);
  expect(found).toMatchObject({ args: ['argument'], environment: { 'A-B': 'also' } });
});

testAsRoot('a program without a path is looked for on PATH', async () => {
  await symlink('/usr/bin/perl', join(directory.path, 'our-perl'));
  const [found] = await startAll([
    {
      name: 'relative',
      foreground: { ...report('relative', 'a'), executable: 'our-perl' },
      environment: { PATH: directory.path },
    },
  ]);
  expect(found?.args).toEqual(['a']);
});

testAsRoot('a process gets its directory, umask, niceness, user and PATH', async () => {
  const place = join(directory.path, `50% of $HOME "é" \\ end \\`);
  await mkdir(place);
  const [found, asRoot] = await startAll([
    {
      name: 'placed',
      foreground: report('placed'),
      directory: place,
      umask: '027',
      nice: 7,
      user: 'www-data',
      path: ['/opt/package'],
    },
    { name: 'unplaced', foreground: report('unplaced') },
  ]);
  expect(found).toMatchObject({ directory: place, umask: '0027', nice: 7, uid: 33, gids: [33] });
  expect(found?.environment).toMatchObject({ PATH: '/usr/bin:/opt/package/bin', USER: 'www-data' });
  expect(asRoot).toMatchObject({ directory: '/', umask: '0022', nice: 0, uid: 0 });
});

testAsRoot('a daemon gets the same, and systemd knows its process', async () => {
  const { path } = directory;
  const pidFile = join(path, '50% é.pid');
  const { executable, args } = report('daemonized', '%n', '${HOME}');
  await startAll([
    {
      name: 'daemonized',
      daemon: {
        executable: '/bin/sh',
        args: ['-c', 'pid=$1; shift; "$@" & echo $! >"$pid"', 'sh', pidFile, executable, ...args],
      },
      pidFile,
      umask: '077',
      nice: 3,
      directory: '/usr',
    },
  ]);
  const report_ = await readReport(join(path, 'reports', 'daemonized'));
  expect(report_).toMatchObject({ args: ['%n', '${HOME}'], umask: '0077', nice: 3, directory: '/usr' });
  const pid = await systemctl('show', '--value', '--property=MainPID', 'nix-process-daemonized.service');
  expect(pid).toBe(await readFile(pidFile, 'utf8'));
});

test.each([
  [
    'an argument that is longer than Linux takes',
    { foreground: { executable: '/bin/x', args: ['', 'x'.repeat(131_072)] } },
    'number 2',
  ],
  ['such a value of a variable', { environment: { V: 'x'.repeat(131_070) } }, 'environment.V'],
  ['a line feed in a directory', { directory: '/a\nb' }, 'directory'],
  ['a directory that is no absolute path', { directory: 'a' }, 'directory'],
  [
    'a space at the end of a PID file',
    { foreground: null, daemon: { executable: '/bin/x', args: [] }, pidFile: '/a ' },
    'pidFile',
  ],
  ['a control character in a user', { user: 'a\u0001' }, 'user'],
  ['nothing to run', { foreground: null }, 'nothing to run'],
])('%s is refused with a message that names the place', (_, properties: Partial<ManagedProcess>, place) => {
  const process = managedProcess({ foreground: { executable: '/bin/x', args: [] }, ...properties });
  expect(() => renderManaged(systemd, process, { root: '/nonexistent' })).toThrow(ModelError);
  expect(() => renderManaged(systemd, process, { root: '/nonexistent' })).toThrow(place);
});
