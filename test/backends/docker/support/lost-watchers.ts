import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DeployedProfile, ManagerSession } from '../../../../src/backends/backend.js';
import { isRoot } from '../../../support/is-root.js';
import type { NamespaceOfTests } from './in-namespace.js';
import { deploy, failures, unitCalled, type Place } from './place.js';

/** What has to be true when each container's conmon is killed, and with it all that Podman will ever hear of the container. */
export const testLostWatchers = ({ newPlace, namespace }: NamespaceOfTests): void => {
  const testAsRoot = isRoot ? test : test.skip;
  let place: Place;
  let profile: DeployedProfile;
  let session: ManagerSession;
  beforeEach(async () => {
    if (!isRoot) return;
    place = await newPlace();
    profile = place.generation(
      ['one', 'two', 'three'].map((name) => ({ name, foreground: { executable: '/usr/bin/sleep', args: ['1717'] } })),
    );
    session = await place.connect({ target: profile });
    expect(failures(await deploy(session, profile))).toEqual([]);
    const { exitCode } = await namespace().run('sh', [
      '-c',
      "kill -9 $(podman inspect --format '{{.State.ConmonPid}}' $(podman ps --quiet))",
    ]);
    expect(exitCode).toBe(0);
    session = await place.connect({ current: profile, target: profile });
  });
  afterEach(async () => {
    if (isRoot) await place.clear();
  });

  const states = async (): Promise<readonly (readonly [string, string | null])[]> =>
    [...(await session.observe(profile.units)).values()].map(({ state, detail }) => [state, detail]);
  const sleepers = async (): Promise<number> =>
    Number((await namespace().run('sh', ['-c', "ps -e -o args= | grep -c '^/usr/bin/sleep 1717'"])).stdout);
  const units = (...names: readonly string[]) => names.map((name) => unitCalled(profile, name));

  testAsRoot('status says so of what still runs, and of what has ended since; both can be started, once', async () => {
    const [, pid] = /(\d+)/.exec((await states())[0]?.[1] ?? '') ?? [];
    expect(await states()).toEqual(
      profile.units.map(() => ['failed', expect.stringMatching(/^process \d+ still runs, but its conmon has ended$/)]),
    );
    await namespace().run('kill', ['-9', String(pid)]);
    expect(await sleepers()).toBe(2);
    expect((await states())[0]).toEqual(['failed', 'it ended, and its conmon, which would have noticed, before it']);
    expect(failures(await session.start(units('one', 'two')))).toEqual([]);
    expect((await states()).map(([state]) => state)).toEqual(['running', 'running', 'failed']);
    expect(await sleepers()).toBe(3);
    const three = unitCalled(profile, 'three');
    expect(failures(await session.restart([{ before: three, after: three }]))).toEqual([]);
    expect((await states()).map(([state]) => state)).toEqual(['running', 'running', 'running']);
    expect(await sleepers()).toBe(3);
  });

  testAsRoot('what is stopped has ended, stays stopped and can be started; nothing is forgotten', async () => {
    expect(failures(await session.stop(units('one', 'two')))).toEqual([]);
    expect(await sleepers()).toBe(1);
    expect((await states()).map(([state]) => state)).toEqual(['stopped', 'stopped', 'failed']);
    expect(failures(await session.start(units('one')))).toEqual([]);
    expect((await states()).map(([state]) => state)).toEqual(['running', 'stopped', 'failed']);
    // An undeployment.
    expect(failures(await session.stop(profile.units))).toEqual([]);
    await session.finish(null);
    expect(await sleepers()).toBe(0);
    expect(await place.engine('ps', '--all', '--quiet')).toBe('');
    expect(place.warnings).toEqual([]);
  });
};
