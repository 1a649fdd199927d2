import { describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { withDir } from 'tmp-promise';
import { buildMemory } from '../../src/generations/build-memory.js';
import { readDeploymentLog } from '../../src/generations/deployment-log.js';
import { readHistory } from '../../src/generations/history.js';
import type { LockHolder } from '../../src/state/lock-record.js';
import { openProcessIdentities, type ProcessIdentity } from '../../src/state/process-identity.js';
import { withProfileLock } from '../../src/state/profile-lock.js';
import { ProfileLockedError } from '../../src/state/profile-locked-error.js';
import { exitCodes } from '../../src/system/errors.js';
import { createRun } from '../../src/system/run.js';
import { bundleProgram } from '../support/bundle-program.js';
import { canThrowAway } from '../support/throw-away-root.js';
import { eventually } from '../support/waiting.js';

const run = createRun(process.env);
const request = { profileName: 'processes', command: 'status', run };

const ownIdentity = async (): Promise<ProcessIdentity> => (await openProcessIdentities(run)).own;

const inDirectory = (work: (directory: string) => Promise<void>) => (): Promise<void> =>
  withDir(({ path }) => work(path), { unsafeCleanup: true });

const exitOf = async (child: ChildProcess): Promise<NodeJS.Signals | number | null> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.signalCode ?? child.exitCode;
};

/** Starts a process of its own that holds the lock; `end` is called in any case. */
const withHolder = async (
  directory: string,
  work: (holder: ChildProcess & { readonly pid: number }) => Promise<void>,
  [file, ...args]: readonly [string, ...string[]] = [process.execPath],
): Promise<void> => {
  const program = await bundleProgram('test/state/programs/hold-lock.ts', directory);
  const holder = spawn(file, [...args, program, join(directory, 'state')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { pid } = holder;
  if (pid === undefined) throw new Error('the holder cannot be started');
  try {
    expect((await once(createInterface(holder.stdout), 'line'))[0]).toBe('held');
    await work(Object.assign(holder, { pid }));
  } finally {
    holder.stdin.end();
    await exitOf(holder);
  }
};

const failureOf = (directory: string, waitSeconds = 0): Promise<unknown> =>
  withProfileLock({ ...request, directory, waitSeconds }, async () => 'acquired').catch((error: unknown) => error);

const holderBy = (process_: ProcessIdentity): LockHolder => ({
  token: 'earlier',
  command: 'switch',
  since: '2030-01-01T00:00:00.000Z',
  process: process_,
});

test(
  'the lock is there while the work is done, and nothing of it afterwards, even when the work fails',
  inDirectory(async (directory) => {
    const names = await withProfileLock({ ...request, directory }, () => readdir(directory));
    expect(names).toEqual(['lock']);
    expect(await readdir(directory)).toEqual([]);
    const failure = new Error('the work failed');
    await expect(withProfileLock({ ...request, directory }, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(await readdir(directory)).toEqual([]);
  }),
);

test(
  'a second command says who holds the lock and ends with its own exit code',
  inDirectory((directory) =>
    withHolder(directory, async ({ pid }) => {
      const failure = await failureOf(join(directory, 'state'));
      expect(failure).toBeInstanceOf(ProfileLockedError);
      expect(failure).toMatchObject({
        exitCode: exitCodes.locked,
        message: 'The profile "processes" is in use by another command',
        why: expect.stringMatching(
          new RegExp(`^"switch" \\(PID ${pid}\\) has held it since \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z$`),
        ),
        fix: 'Wait until it has finished, or let this command wait with --wait-lock SECONDS',
      });
      // Nothing of the attempt is left beside the holder's lock.
      expect(await readdir(join(directory, 'state'))).toEqual(['lock']);
    }),
  ),
);

test(
  'waiting ends with the lock as soon as the holder gives it up, and says once whom it waits for',
  inDirectory((directory) =>
    withHolder(directory, async (holder) => {
      const waitedFor: number[] = [];
      const waiting = withProfileLock(
        {
          ...request,
          directory: join(directory, 'state'),
          waitSeconds: 30,
          onWait: ({ process: { pid } }) => {
            waitedFor.push(pid);
            setTimeout(() => holder.stdin?.end(), 300);
          },
        },
        async () => 'acquired',
      );
      expect(await waiting).toBe('acquired');
      expect(waitedFor).toEqual([holder.pid]);
    }),
  ),
);

test(
  'waiting ends with the error when the time is over, and at once when it is aborted',
  inDirectory((directory) =>
    withHolder(directory, async () => {
      const started = performance.now();
      expect(await failureOf(join(directory, 'state'), 0.3)).toBeInstanceOf(ProfileLockedError);
      expect(performance.now() - started).toBeGreaterThanOrEqual(300);
      const interrupted = withProfileLock(
        { ...request, directory: join(directory, 'state'), waitSeconds: 60, signal: AbortSignal.timeout(50) },
        async () => 'acquired',
      );
      await expect(interrupted).rejects.toMatchObject({
        exitCode: 10,
        message: expect.stringMatching(/^A signal ended the wait .* nothing has been done$/),
      });
    }),
  ),
);

test(
  'the lock of a holder that was killed with SIGKILL is taken over',
  inDirectory((directory) =>
    withHolder(directory, async (holder) => {
      holder.kill('SIGKILL');
      expect(await exitOf(holder)).toBe('SIGKILL');
      expect(await readdir(join(directory, 'state'))).toEqual(['lock']);
      expect(await failureOf(join(directory, 'state'))).toBe('acquired');
      expect(await readdir(join(directory, 'state'))).toEqual([]);
    }),
  ),
);

test(
  'processes that race for a lock, some of them killed while they hold it, never hold it at the same time',
  inDirectory(async (directory) => {
    const program = await bundleProgram('test/state/programs/work-under-lock.ts', directory);
    const state = join(directory, 'state');
    await mkdir(state);
    const workers = Array.from({ length: 12 }, (_, index) => {
      const end = index % 2 === 0 ? 'die' : 'live';
      return {
        end,
        child: spawn(process.execPath, [program, state, '5', end], { stdio: ['ignore', 'ignore', 'inherit'] }),
      };
    });
    const ends = await Promise.all(workers.map(async ({ end, child }) => [end, await exitOf(child)] as const));
    expect(ends).toEqual(workers.map(({ end }) => [end, end === 'die' ? 'SIGKILL' : 0]));
    expect((await readFile(join(state, 'work'), 'utf8')).trim().split('\n')).toHaveLength(60);
    await withProfileLock({ ...request, directory: state }, async () => undefined);
    expect(await readdir(state)).toEqual(['work']);
  }),
  120_000,
);

test(
  'of many that find the same stale lock only one takes it over',
  inDirectory(async (directory) => {
    const dead = { ...(await ownIdentity()), startTime: '1' };
    for (let round = 1; round <= 20; round += 1) {
      await writeFile(join(directory, 'lock'), JSON.stringify({ ...holderBy(dead), token: `round-${round}` }));
      let release: () => void = () => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      let holders = 0;
      let losers = 0;
      // Not all at once, so that some are about to take over what a faster one has just taken over.
      const takers = Array.from({ length: 30 }, async (_, index) => {
        await delay(index / 4);
        await withProfileLock({ ...request, directory }, () => {
          holders += 1;
          return released;
        }).catch((error: unknown) => {
          expect(error).toBeInstanceOf(ProfileLockedError);
          losers += 1;
        });
      });
      // The winner holds the lock until all the others have given up.
      await eventually(() => (holders + losers === takers.length ? true : undefined));
      release();
      await Promise.all(takers);
      expect([round, holders]).toEqual([round, 1]);
      expect(await readdir(directory)).toEqual([]);
    }
  }),
  60_000,
);

test.each<[string, (own: ProcessIdentity) => ProcessIdentity]>([
  ['whose PID now belongs to another process', (own) => ({ ...own, startTime: '1' })],
  ['from before the last boot', (own) => ({ ...own, bootId: 'earlier' })],
  ['whose PID does not exist', (own) => ({ ...own, pid: 2 ** 30 })],
])('a lock %s is stale', async (_, change) =>
  withDir(
    async ({ path: directory }) => {
      await writeFile(join(directory, 'lock'), JSON.stringify(holderBy(change(await ownIdentity()))));
      expect(await failureOf(directory)).toBe('acquired');
    },
    { unsafeCleanup: true },
  ),
);

test.each<[string, (own: ProcessIdentity) => ProcessIdentity]>([
  ['another machine', (own) => ({ ...own, machine: 'elsewhere', bootId: 'its own' })],
  ['another container', (own) => ({ ...own, pidNamespace: 'pid:[1]', pid: 2 ** 30 })],
])('a lock from %s is respected, since nobody can tell from here whether its holder runs', async (_, change) =>
  withDir(
    async ({ path: directory }) => {
      await writeFile(join(directory, 'lock'), JSON.stringify(holderBy(change(await ownIdentity()))));
      const failure = await failureOf(directory);
      expect(failure).toBeInstanceOf(ProfileLockedError);
      expect(failure).toMatchObject({
        fix: `Wait until it has finished; if you are sure that it no longer runs, remove ${join(directory, 'lock')}`,
      });
    },
    { unsafeCleanup: true },
  ),
);

test(
  'when takers were killed while they took over a stale lock, the next one takes over and cleans up',
  inDirectory(async (directory) => {
    const dead = { ...(await ownIdentity()), startTime: '1' };
    const record = (token: string): string => JSON.stringify({ ...holderBy(dead), token });
    await writeFile(join(directory, 'lock'), record('holder'));
    await writeFile(join(directory, 'lock.claim-holder'), record('first-taker'));
    await writeFile(join(directory, 'lock.claim-first-taker'), record('second-taker'));
    await writeFile(join(directory, 'lock.second-taker'), record('second-taker'));
    expect(await failureOf(directory)).toBe('acquired');
    expect(await readdir(directory)).toEqual([]);
  }),
);

test(
  'a stale lock that another living process is taking over is respected',
  inDirectory(async (directory) => {
    const own = await ownIdentity();
    await writeFile(join(directory, 'lock'), JSON.stringify(holderBy({ ...own, startTime: '1' })));
    await writeFile(join(directory, 'lock.claim-earlier'), JSON.stringify({ ...holderBy(own), token: 'taker' }));
    expect(await failureOf(directory)).toMatchObject({ holder: { token: 'taker' } });
  }),
);

test(
  'a damaged lock is not taken over; the error names the file',
  inDirectory(async (directory) => {
    await writeFile(join(directory, 'lock'), '');
    expect(await failureOf(directory)).toMatchObject({
      exitCode: exitCodes.locked,
      message: `The lock ${join(directory, 'lock')} cannot be understood`,
      fix: `Make sure that no other command works on the profile, then remove ${join(directory, 'lock')}`,
    });
  }),
);

(canThrowAway ? test : test.skip)(
  'a holder in a PID namespace of its own is respected although its PID means another process here (needs root)',
  inDirectory((directory) =>
    withHolder(directory, async () => {
      expect(await failureOf(join(directory, 'state'))).toBeInstanceOf(ProfileLockedError);
    }, ['unshare', '--pid', '--fork', '--mount-proc', process.execPath]),
  ),
);

describe.each<[string, (file: string) => Promise<unknown>]>([
  ['a link that leads to nothing', (file) => symlink('/nonexistent', file)],
  ['a link to a lock', (file) => symlink('other-lock', file)],
  ['a pipe', (file) => run({ file: 'mkfifo', args: [file] })],
  ['a directory', (file) => mkdir(file)],
])('%s in the place of', (_, put) => {
  test(
    'the lock is said at once, with the exit code of a lock',
    inDirectory(async (directory) => {
      await put(join(directory, 'lock'));
      await writeFile(join(directory, 'other-lock'), JSON.stringify(holderBy(await ownIdentity())));
      expect(await failureOf(directory, 30)).toMatchObject({
        exitCode: exitCodes.locked,
        message: `The lock ${directory}/lock cannot be understood`,
        fix: `Make sure that no other command works on the profile, then remove ${directory}/lock`,
      });
      await rm(join(directory, 'lock'), { recursive: true });
      expect(await failureOf(directory)).toBe('acquired');
    }),
  );

  test(
    'a file of the state keeps nobody waiting',
    inDirectory(async (directory) => {
      const location = { name: 'processes', link: join(directory, 'processes'), stateDirectory: directory };
      await put(join(directory, 'history.json'));
      await put(join(directory, 'deployments.json'));
      await put(join(directory, 'current-build.json'));
      expect(await readHistory(location)).toEqual([]);
      expect(await readDeploymentLog(location)).toEqual([]);
      expect(await buildMemory(location).recall('key')).toBeNull();
    }),
  );
});

test(
  'what killed commands have left goes when it is old, and nothing else',
  inDirectory(async (directory) => {
    const id = '01234567-89ab-cdef-0123-456789abcdef';
    const left = [`lock.${id}`, `.history.json.${id}.tmp`, `journal.${id}.tmp`, `unfinished.${id}/journal`];
    const kept = ['history.json', 'accounts.json', 'unfinished/journal'];
    for (const name of [...left, ...kept]) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), '');
    }
    expect(await failureOf(directory)).toBe('acquired');
    // One may just be being written.
    expect(await readdir(directory)).toHaveLength(7);
    for (const name of await readdir(directory)) await utimes(join(directory, name), 1_000_000_000, 1_000_000_000);
    expect(await failureOf(directory)).toBe('acquired');
    expect((await readdir(directory)).sort()).toEqual(['accounts.json', 'history.json', 'unfinished']);
  }),
);

test(
  'the directory of a profile is never writable for others, whatever the umask is',
  inDirectory(async (directory) => {
    const root = join(directory, '.nix-processmgmt-ts');
    const modes = async () =>
      Promise.all([root, join(root, 'new')].map(async (path) => (await stat(path)).mode & 0o777));
    const before = process.umask(0);
    try {
      expect(await failureOf(join(root, 'new'))).toBe('acquired');
    } finally {
      process.umask(before);
    }
    expect(await modes()).toEqual([0o755, 0o755]);
    for (const path of [root, join(root, 'new')]) await chmod(path, 0o777);
    expect(await failureOf(join(root, 'new'))).toBe('acquired');
    expect(await modes()).toEqual([0o755, 0o755]);
  }),
);
