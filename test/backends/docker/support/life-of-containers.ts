import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { join } from 'node:path';
import type { DeployedProfile, ManagerSession, Observation } from '../../../../src/backends/backend.js';
import { isRoot } from '../../../support/is-root.js';
import { eventually } from '../../../support/waiting.js';
import type { NamespaceOfTests } from './in-namespace.js';
import { deploy, failures, unitCalled, type ManagedProgram, type Place } from './place.js';

/** What has to be true of a session's containers, whichever engine runs them. */
export const testLifeOfContainers = ({ newPlace, namespace }: NamespaceOfTests): void => {
  const testAsRoot = isRoot ? test : test.skip;
  let place: Place;
  beforeEach(async () => {
    if (isRoot) place = await newPlace();
  });
  afterEach(async () => {
    if (isRoot) await place.clear();
  });

  /** A process that says what it is told to, then sleeps; it ends on TERM. */
  const speaker = (name: string, words: string, properties: Partial<ManagedProgram> = {}): ManagedProgram => ({
    name,
    foreground: { executable: '/usr/bin/perl', args: ['-e', '$| = 1; print "$ARGV[0]\\n"; sleep 1000', '--', words] },
    ...properties,
  });
  const failing = (name: string): ManagedProgram => ({
    name,
    foreground: { executable: '/bin/sh', args: ['-c', 'echo "no such database" >&2; exit 3'] },
  });

  const observe = async (session: ManagerSession, profile: DeployedProfile, name: string): Promise<Observation> => {
    const unit = unitCalled(profile, name);
    const observation = (await session.observe(profile.units)).get(unit.instance);
    if (observation === undefined) throw new Error(`nothing is known of ${name}`);
    return observation;
  };
  const names = async (): Promise<readonly string[]> =>
    (
      await place.engine(
        'ps',
        '--all',
        '--format',
        '{{.Names}}',
        '--filter',
        `label=nix-processmgmt-ts.profile=${place.link}`,
      )
    )
      .split('\n')
      .filter(Boolean)
      .sort();
  const images = async (): Promise<number> =>
    (await place.engine('images', '--quiet', '--filter', `label=nix-processmgmt-ts.profile=${place.link}`))
      .split('\n')
      .filter(Boolean).length;
  const restart = (session: ManagerSession, before: DeployedProfile, after: DeployedProfile, name: string) =>
    session.restart([{ before: unitCalled(before, name), after: unitCalled(after, name) }]);

  testAsRoot('deployed processes run, and a finish without them leaves no container and no image', async () => {
    const profile = place.generation([speaker('one', 'hello'), speaker('two', 'hello', { level: 1 })]);
    const session = await place.connect({ target: profile });
    expect((await observe(session, profile, 'one')).state).toBe('absent');
    expect(failures(await deploy(session, profile))).toEqual([]);
    const { state, pid, since, detail } = await observe(session, profile, 'two');
    expect({ state, detail, hasPid: typeof pid }).toEqual({ state: 'running', detail: null, hasPid: 'number' });
    expect(Math.abs(Date.now() - (since ?? 0))).toBeLessThan(30_000);
    expect(await names()).toEqual(['nixproc-one', 'nixproc-two']);

    expect(failures(await session.stop(profile.units))).toEqual([]);
    await session.install(null);
    await session.finish(null);
    expect(await names()).toEqual([]);
    expect(await images()).toBe(0);
  });

  testAsRoot('a process that may still run elsewhere has its container before it is started', async () => {
    const profile = place.generation([speaker('one', 'hello')]);
    const session = await place.connect({ target: profile });
    await session.install(profile);
    const before = await place.engine('inspect', '--format', '{{.Id}} {{.State.Running}}', 'nixproc-one');
    expect(before).toMatch(/^[0-9a-f]+ false$/m);
    expect(failures(await session.start(profile.units))).toEqual([]);
    const after = await place.engine('inspect', '--format', '{{.Id}} {{.State.Running}}', 'nixproc-one');
    expect(after).toBe(before.replace('false', 'true'));
  });

  testAsRoot('a start waits until the process is ready, and its container has a health check that passes', async () => {
    const until = (path: string, timeout: number) => ({
      readiness: { probe: { kind: 'path', path }, timeout, interval: 0.1 } as const,
    });
    const slow = { executable: '/bin/sh', args: ['-c', 'sleep 3; : >/tmp/ready; exec sleep 1000'] };
    const profile = place.generation([{ name: 'slow', foreground: slow, ...until('/tmp/ready', 120) }]);
    const session = await place.connect({ target: profile });
    const begun = performance.now();
    expect(failures(await deploy(session, profile))).toEqual([]);
    expect(performance.now() - begun).toBeGreaterThan(2900);
    // Throws unless the check passes.
    if (place.program === 'podman') await place.engine('healthcheck', 'run', 'nixproc-slow');

    const never = place.generation([speaker('never', 'it takes its time', until('/tmp/never', 1))]);
    const next = await place.connect({ current: profile, target: never });
    await next.stop(profile.units);
    expect(failures(await deploy(next, never))).toEqual([
      {
        instance: 'never',
        ok: false,
        detail: expect.stringMatching(/not ready within 1 s: there is no \/tmp\/never[^]*it takes its time/),
      },
    ]);
  });

  testAsRoot('a changed process gets a new container, every other one keeps its own', async () => {
    const first = place.generation([speaker('one', 'old'), speaker('two', 'same')]);
    const session = await place.connect({ target: first });
    await deploy(session, first);
    const before = [await observe(session, first, 'one'), await observe(session, first, 'two')];

    const second = place.generation([speaker('one', 'new'), speaker('two', 'same')]);
    const next = await place.connect({ current: first, target: second });
    await next.install(second);
    expect(failures(await restart(next, first, second, 'one'))).toEqual([]);
    await next.finish(second);
    expect((await observe(next, second, 'two')).pid).toBe(before[1]?.pid);
    const changed = await observe(next, second, 'one');
    expect(changed.state).toBe('running');
    expect(changed.pid).not.toBe(before[0]?.pid);
    expect(await names()).toEqual(['nixproc-one', 'nixproc-two']);
    expect(await images()).toBe(2);
    expect(await place.engine('logs', 'nixproc-one')).toBe('new');
  });

  testAsRoot(
    'one that fails is reported with its last words, does not run on, and what ran before comes back',
    async () => {
      const first = place.generation([speaker('one', 'old')]);
      const session = await place.connect({ target: first });
      await deploy(session, first);
      const old = await place.engine('inspect', '--format', '{{.Id}}', 'nixproc-one');

      const second = place.generation([failing('one')]);
      const next = await place.connect({ current: first, target: second });
      await next.install(second);
      expect(await restart(next, first, second, 'one')).toEqual([
        {
          instance: 'one',
          ok: false,
          detail: expect.stringMatching(
            /^it does not stay up: it ended with exit code 3; its last lines:\n(?:no such database\n?)+$/,
          ),
        },
      ]);
      // What has exited is not started again by an engine, not even by Podman.
      expect(await place.engine('inspect', '--format', '{{.State.Status}}', 'nixproc-one')).toBe('exited');
      expect(await place.engine('logs', '--tail', '1', 'nixproc-one')).toBe('');

      await next.install(first);
      expect(failures(await next.start(first.units))).toEqual([]);
      await next.finish(first);
      expect(await place.engine('inspect', '--format', '{{.Id}}', 'nixproc-one')).toBe(old);
      expect(await names()).toEqual(['nixproc-one']);
    },
  );

  testAsRoot(
    'a command that does not exist is named, and what ran is not stopped for a container that cannot be made',
    async () => {
      const missing = place.generation([{ name: 'one', foreground: { executable: '/nowhere/program', args: [] } }]);
      const session = await place.connect({ target: missing });
      const [outcome] = await deploy(session, missing);
      expect(outcome).toMatchObject({
        instance: 'one',
        ok: false,
        detail: expect.stringContaining('/nowhere/program'),
      });

      const good = place.generation([speaker('one', 'good')]);
      expect(failures(await deploy(session, good))).toEqual([]);
      const { pid } = await observe(session, good, 'one');
      const impossible = place.generation([
        speaker('one', 'good', { override: { container: { dockerCreateParameters: { 'no-such-option': 'x' } } } }),
      ]);
      await session.install(impossible);
      const [refused] = await restart(session, good, impossible, 'one');
      expect(refused).toMatchObject({ ok: false, detail: expect.stringContaining('no-such-option') });
      expect((await observe(session, good, 'one')).pid).toBe(pid);
    },
  );

  testAsRoot('a crash is repaired by the engine; who was stopped by hand stays stopped', async () => {
    const profile = place.generation([speaker('one', 'hello'), speaker('two', 'hello')]);
    const session = await place.connect({ target: profile });
    await deploy(session, profile);
    const { pid } = await observe(session, profile, 'one');
    await namespace().run('kill', ['-9', String(pid)]);
    const again = await eventually(async () => {
      const now = await observe(session, profile, 'one');
      return now.state === 'running' && now.pid !== pid ? now : undefined;
    });
    expect(again.pid).not.toBeNull();

    await place.engine('stop', 'nixproc-two');
    expect(await observe(session, profile, 'two')).toEqual({ state: 'stopped', pid: null, since: null, detail: null });
    await session.install(profile);
    await session.finish(profile);
    expect(await names()).toEqual(['nixproc-one', 'nixproc-two']);
    expect((await observe(session, profile, 'two')).state).toBe('stopped');
    expect(failures(await session.start(profile.units))).toEqual([]);
    expect((await observe(session, profile, 'one')).pid).toBe(again.pid);
  });

  testAsRoot('without a restart policy, status tells who failed and who ended', async () => {
    const once = { override: { container: { dockerCreateParameters: { restart: 'no' } } } };
    const profile = place.generation([speaker('killed', 'x', once), speaker('ended', 'x', once)]);
    const session = await place.connect({ target: profile });
    await deploy(session, profile);
    for (const [name, signal] of [
      ['killed', '-9'],
      ['ended', '-15'],
    ] as const) {
      await namespace().run('kill', [signal, String((await observe(session, profile, name)).pid)]);
    }
    await eventually(async () => ((await observe(session, profile, 'ended')).state === 'running' ? undefined : true));
    expect(await observe(session, profile, 'killed')).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('exit code 137'),
    });
    expect(await observe(session, profile, 'ended')).toMatchObject({ state: 'stopped' });
  });

  testAsRoot('a process that does not end in time is killed, and the user is told what to do', async () => {
    const deaf = speaker('deaf', 'hello', {
      foreground: { executable: '/usr/bin/perl', args: ['-e', '$SIG{TERM} = "IGNORE"; sleep 1 while 1'] },
      override: { container: { dockerCreateParameters: { 'stop-timeout': 1 } } },
    });
    const profile = place.generation([deaf]);
    const session = await place.connect({ target: profile });
    await deploy(session, profile);
    expect(failures(await session.stop(profile.units))).toEqual([]);
    expect(place.warnings).toEqual([expect.stringMatching(/^deaf did not end .* \(exit code 137\); .*stop-timeout$/)]);
  });

  testAsRoot(
    'a restart without a change and a reload keep the container; a restart gives it another process',
    async () => {
      const profile = place.generation([
        speaker('one', 'hello', {
          foreground: {
            executable: '/usr/bin/perl',
            args: ['-e', '$| = 1; $SIG{HUP} = sub { print "again\\n" }; sleep 1 while 1'],
          },
        }),
      ]);
      const session = await place.connect({ target: profile });
      await deploy(session, profile);
      const id = await place.engine('inspect', '--format', '{{.Id}}', 'nixproc-one');
      const first = await observe(session, profile, 'one');
      expect(failures(await session.reload(profile.units))).toEqual([]);
      await eventually(async () => ((await place.engine('logs', 'nixproc-one')) === 'again' ? true : undefined));
      expect((await observe(session, profile, 'one')).pid).toBe(first.pid);
      expect(failures(await restart(session, profile, profile, 'one'))).toEqual([]);
      expect((await observe(session, profile, 'one')).pid).not.toBe(first.pid);
      expect(await place.engine('inspect', '--format', '{{.Id}}', 'nixproc-one')).toBe(id);
    },
  );

  testAsRoot(
    "a container of somebody else is never touched: neither one of our name nor another profile's",
    async () => {
      const mine = place.generation([speaker('one', 'mine')]);
      const session = await place.connect({ target: mine });
      await deploy(session, mine);
      const { pid } = await observe(session, mine, 'one');

      const other = await newPlace();
      const theirs = other.generation([speaker('one', 'theirs'), speaker('two', 'theirs')]);
      const theirSession = await other.connect({ target: theirs });
      expect(await theirSession.collisions?.(theirs.units, [])).toMatchObject([
        { instance: 'one', what: 'There is a container nixproc-one already' },
      ]);
      expect(await session.collisions?.(mine.units, [])).toEqual([]);
      const outcomes = await deploy(theirSession, theirs);
      expect(outcomes).toMatchObject([
        { instance: 'one', ok: false, detail: expect.stringContaining('nixproc-one already') },
        { instance: 'two', ok: true },
      ]);
      await theirSession.finish(null);
      expect(await names()).toEqual(['nixproc-one']);
      expect((await observe(session, mine, 'one')).pid).toBe(pid);
    },
  );

  testAsRoot('a process has the time to end in good order', async () => {
    const file = join(place.root, 'tmp', 'ended');
    const script = `trap 'sleep 2; : >${file}; exit 0' TERM; while :; do sleep 0.1; done`;
    const profile = place.generation([{ name: 'slow', foreground: { executable: '/bin/sh', args: ['-c', script] } }]);
    const session = await place.connect({ target: profile });
    expect(failures(await deploy(session, profile))).toEqual([]);
    expect(failures(await session.stop(profile.units))).toEqual([]);
    expect((await namespace().run('test', ['-e', file])).exitCode).toBe(0);
  });

  testAsRoot(
    'a container of the profile that the generation does not have is extra, and can be taken away',
    async () => {
      const both = place.generation([speaker('one', 'x'), speaker('left', 'x')]);
      await deploy(await place.connect({ target: both }), both);
      const current = place.generation([speaker('one', 'x')]);
      const session = await place.connect({ current, target: current });
      const drift = await session.drift?.(current, []);
      expect(drift).toMatchObject({
        changed: [],
        extras: [{ unit: { name: 'left' }, observation: { state: 'running' } }],
      });
      expect(failures(await session.stop(drift?.extras.map(({ unit }) => unit) ?? []))).toEqual([]);
      await session.finish(current);
      expect(await names()).toEqual(['nixproc-one']);
      expect(await session.drift?.(current, [])).toEqual({ changed: [], extras: [] });
    },
  );

  testAsRoot('an interrupted replacement is noticed and finished by the next start', async () => {
    const first = place.generation([speaker('one', 'old')]);
    const session = await place.connect({ target: first });
    await deploy(session, first);
    const second = place.generation([speaker('one', 'new')]);
    const next = await place.connect({ current: first, target: second });
    await next.install(second);
    await restart(next, first, second, 'one');
    // The profile never moved: the first generation is still the one that is said to run.
    const later = await place.connect({ current: first, target: first });
    expect(await observe(later, first, 'one')).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('another'),
    });
    await later.install(first);
    expect(failures(await later.start(first.units))).toEqual([]);
    await later.finish(first);
    expect(await place.engine('logs', 'nixproc-one')).toBe('old');
    expect(await names()).toEqual(['nixproc-one']);
  });

  testAsRoot('a health check is waited for', async () => {
    const file = join(place.root, 'tmp', 'healthy');
    const profile = place.generation([
      speaker('one', 'x', {
        foreground: { executable: '/bin/sh', args: ['-c', `sleep 2; : >${file}; exec sleep 1000`] },
        override: {
          container: {
            dockerCreateParameters: { 'health-cmd': `test -e ${file}`, 'health-interval': '1s', 'health-retries': 30 },
          },
        },
      }),
    ]);
    const session = await place.connect({ target: profile });
    // Podman leaves the checks to systemd's timers, which are not here: somebody has to ask.
    const asking = setInterval(() => {
      if (place.program === 'podman') void namespace().run('podman', ['healthcheck', 'run', 'nixproc-one']);
    }, 300);
    try {
      expect(failures(await deploy(session, profile))).toEqual([]);
    } finally {
      clearInterval(asking);
    }
    expect((await observe(session, profile, 'one')).state).toBe('running');
  });

  testAsRoot('logs come from the engine', async () => {
    const profile = place.generation([speaker('one', 'hello')]);
    const session = await place.connect({ target: profile });
    await deploy(session, profile);
    const source = session.logs(unitCalled(profile, 'one'));
    if (source.kind !== 'command') throw new Error('the log is no command');
    expect(source.command({ lines: 7, follow: true })).toEqual([
      place.program,
      'logs',
      '--tail',
      '7',
      '--follow',
      'nixproc-one',
    ]);
    const [file, ...args] = source.command({ lines: 7, follow: false });
    expect((await namespace().run(file, args)).stdout).toBe('hello\n');
  });
};
