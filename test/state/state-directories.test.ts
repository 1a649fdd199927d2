import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withDir } from 'tmp-promise';
import {
  createStateDirectories,
  planStateDirectories,
  stateDirectories,
  type PathFacts,
} from '../../src/state/state-directories.js';
import { ActivationError, UsageError } from '../../src/system/errors.js';
import { bundleProgram } from '../support/bundle-program.js';
import { isRoot } from '../support/is-root.js';
import { canThrowAway } from '../support/throw-away-root.js';

const inDirectory = (work: (directory: string) => Promise<void>) => (): Promise<void> =>
  withDir(({ path }) => work(path), { unsafeCleanup: true });

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o7777).toString(8);

test('the default is /var with the own /tmp and, on Linux, /run of the system', () => {
  expect(stateDirectories({}, 'linux')).toEqual({
    stateDir: '/var',
    tmpDir: '/tmp',
    runtimeDir: '/run',
    logDir: '/var/log',
    cacheDir: '/var/cache',
    spoolDir: '/var/spool',
    lockDir: '/var/lock',
    libDir: '/var/lib',
  });
  expect(stateDirectories({}, 'freebsd').runtimeDir).toBe('/var/run');
  expect(stateDirectories({ stateDir: '/var/' }, 'linux').tmpDir).toBe('/tmp');
});

test('below another state directory everything is in it, but for what is set apart', () => {
  expect(stateDirectories({ stateDir: '/srv/state', spoolDir: '/spool', logDir: undefined }, 'linux')).toEqual({
    stateDir: '/srv/state',
    tmpDir: '/srv/state/tmp',
    runtimeDir: '/srv/state/run',
    logDir: '/srv/state/log',
    cacheDir: '/srv/state/cache',
    spoolDir: '/spool',
    lockDir: '/srv/state/lock',
    libDir: '/srv/state/lib',
  });
});

test('a relative state directory is a usage error that names it', () => {
  const attempt = (): unknown => stateDirectories({ logDir: 'log' }, 'linux');
  expect(attempt).toThrow(UsageError);
  expect(attempt).toThrow('The state directory "log" is not an absolute path');
});

const directory = (mode = 0o755, uid = 0): PathFacts => ({ kind: 'directory', mode, uid });

test('the links to /tmp and /run are made only where those are used and nothing is there', () => {
  const facts = (more: Readonly<Record<string, PathFacts>>): ReadonlyMap<string, PathFacts> =>
    new Map(
      Object.entries({ '/': directory(), '/tmp': directory(0o1777), '/run': directory(), '/s': directory(), ...more }),
    );
  const linksWith = (
    settings: Parameters<typeof stateDirectories>[0],
    more: Readonly<Record<string, PathFacts>> = {},
  ): readonly string[] =>
    planStateDirectories(
      stateDirectories({ stateDir: '/s', ...settings }, 'linux'),
      facts(more),
      { userChanges: true },
      0,
    )
      .filter(({ kind }) => kind === 'create-link')
      .map((step) => step.path);
  expect(linksWith({})).toEqual([]);
  expect(linksWith({ tmpDir: '/tmp', runtimeDir: '/run' })).toEqual(['/s/tmp', '/s/run']);
  expect(linksWith({ tmpDir: '/tmp', runtimeDir: '/run' }, { '/s/tmp': directory() })).toEqual(['/s/run']);
});

test('a directory behind a planned link is reached through the link, not made in its place', () => {
  const directories = stateDirectories({ stateDir: '/s', runtimeDir: '/run', lockDir: '/s/run/lock' }, 'linux');
  const facts = new Map<string, PathFacts>([
    ['/', directory()],
    ['/run', directory()],
  ]);
  expect(
    planStateDirectories(directories, facts, { userChanges: true }, 0).map(({ kind, path }) => `${kind} ${path}`),
  ).toEqual([
    'create-directory /s',
    'create-link /s/run',
    'create-directory /s/tmp',
    'create-directory /s/log',
    'create-directory /s/cache',
    'create-directory /s/spool',
    'create-directory /s/run/lock',
    'create-directory /s/lib',
  ]);
});

test(
  'missing directories are made with their modes whatever the umask is, and a second time nothing is done',
  inDirectory(async (parent) => {
    const stateDir = join(parent, 'deep', 'state');
    const directories = stateDirectories({ stateDir, runtimeDir: join(parent, 'elsewhere', 'run') }, 'linux');
    const umask = process.umask(0o077);
    try {
      await createStateDirectories(directories, { userChanges: true });
    } finally {
      process.umask(umask);
    }
    const { tmpDir, ...others } = directories;
    expect(await modeOf(tmpDir)).toBe('1777');
    for (const path of [...Object.values(others), join(parent, 'deep')])
      expect([path, await modeOf(path)]).toEqual([path, '755']);
    expect(await createStateDirectories(directories, { userChanges: true })).toEqual([]);
  }),
);

test(
  'without user changes the directories are left to the umask',
  inDirectory(async (parent) => {
    const directories = stateDirectories({ stateDir: join(parent, 'state') }, 'linux');
    const umask = process.umask(0o077);
    try {
      await createStateDirectories(directories, { userChanges: false });
    } finally {
      process.umask(umask);
    }
    expect(await modeOf(directories.tmpDir)).toBe('700');
    expect(await modeOf(directories.logDir)).toBe('700');
  }),
);

test(
  'a tmp directory that an interrupted run left without its mode gets it; other existing directories keep theirs',
  inDirectory(async (stateDir) => {
    const directories = stateDirectories({ stateDir }, 'linux');
    await createStateDirectories(directories, { userChanges: true });
    await chmod(directories.tmpDir, 0o755);
    await chmod(directories.logDir, 0o750);
    expect(await createStateDirectories(directories, { userChanges: true })).toEqual([
      { kind: 'set-mode', path: directories.tmpDir, mode: 0o1777 },
    ]);
    expect(await modeOf(directories.tmpDir)).toBe('1777');
    expect(await modeOf(directories.logDir)).toBe('750');
  }),
);

test(
  'a private directory that the user chose for tmp is not opened to everybody',
  inDirectory(async (parent) => {
    const tmpDir = join(parent, 'my-tmp');
    await mkdir(tmpDir, { mode: 0o700 });
    await createStateDirectories(stateDirectories({ stateDir: join(parent, 'state'), tmpDir }, 'linux'), {
      userChanges: true,
    });
    expect(await modeOf(tmpDir)).toBe('700');
  }),
);

test(
  'the links lead to /tmp and /run',
  inDirectory(async (stateDir) => {
    await createStateDirectories(stateDirectories({ stateDir, tmpDir: '/tmp', runtimeDir: '/run' }, 'linux'), {
      userChanges: true,
    });
    expect(await readlink(join(stateDir, 'tmp'))).toBe('/tmp');
    expect(await readlink(join(stateDir, 'run'))).toBe('/run');
  }),
);

test(
  'a file in the way of a directory is named by the error',
  inDirectory(async (stateDir) => {
    const obstacle = join(stateDir, 'log');
    await writeFile(obstacle, '');
    const failure = await createStateDirectories(stateDirectories({ stateDir }, 'linux'), { userChanges: true }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(ActivationError);
    expect(failure).toMatchObject({
      message: `The directory ${obstacle} cannot be made`,
      why: 'A file is in the way',
      fix: `Move ${obstacle} away, or choose another directory (--state-dir and its siblings)`,
    });
  }),
);

test(
  'where a link leads to nothing its target is made, as for /var/lock on a machine with a fresh /run',
  inDirectory(async (parent) => {
    const stateDir = join(parent, 'var');
    await mkdir(stateDir);
    await symlink('../run/fresh/lock', join(stateDir, 'lock'));
    const directories = stateDirectories({ stateDir }, 'linux');
    await createStateDirectories(directories, { userChanges: true });
    expect(await modeOf(join(parent, 'run', 'fresh', 'lock'))).toBe('755');
    expect(await modeOf(directories.lockDir)).toBe('755');
    expect(await createStateDirectories(directories, { userChanges: true })).toEqual([]);
  }),
);

test("another user's link that leads to nothing is not followed", () => {
  const facts = new Map<string, PathFacts>([
    ['/', directory()],
    ['/s', directory()],
    ['/s/lock', { kind: 'dangling-link', target: '/etc/anywhere', uid: 1000 }],
  ]);
  const plan = (uid: number): unknown =>
    planStateDirectories(stateDirectories({ stateDir: '/s' }, 'linux'), facts, { userChanges: true }, uid);
  expect(() => plan(0)).toThrow(
    expect.objectContaining({
      message: 'The directory /s/lock cannot be made',
      why: 'A symbolic link that points nowhere is in the way',
    }),
  );
  expect(plan(1000)).toContainEqual({ kind: 'create-directory', path: '/etc/anywhere', mode: 0o755 });
});

const run = promisify(execFile);

(canThrowAway ? test : test.skip)(
  'on a full file system the error says so and names the directory (needs root: mounts a tmpfs)',
  () =>
    withDir(
      async ({ path }) => {
        const program = await bundleProgram('test/state/programs/create-state-directories.ts', path);
        const mountPoint = join(path, 'full');
        await mkdir(mountPoint);
        // Two inodes: the root of the file system and the state directory. Nobody else sees the mount, and it goes with us.
        const script = 'mount -t tmpfs -o nr_inodes=2 tmpfs "$1" && exec "$2" "$3" "$1/state"';
        const { stdout } = await run('unshare', [
          '-m',
          'sh',
          '-c',
          script,
          'sh',
          mountPoint,
          process.execPath,
          program,
        ]);
        expect(JSON.parse(stdout)).toEqual({
          what: `The directory ${join(mountPoint, 'state', 'tmp')} cannot be made`,
          why: 'No space is left on the device',
          fix: 'Free some space (or inodes) on that file system, or choose another place (--state-dir and its siblings), then repeat',
        });
      },
      { unsafeCleanup: true },
    ),
);

(isRoot ? test : test.skip)(
  'where an ordinary user may not write, the error says so (needs root: becomes another user)',
  () =>
    withDir(
      async ({ path }) => {
        const program = await bundleProgram('test/state/programs/create-state-directories.ts', path);
        await chmod(path, 0o755);
        const { stdout } = await run('setpriv', [
          ...['--reuid=65534', '--regid=65534', '--clear-groups'],
          ...[process.execPath, program, join(path, 'state')],
        ]);
        expect(JSON.parse(stdout)).toEqual({
          what: `The directory ${join(path, 'state')} cannot be made`,
          why: 'Permission is denied',
          fix: 'Run the command as a user who may do that, or choose another place (--state-dir and its siblings)',
        });
      },
      { unsafeCleanup: true },
    ),
);
