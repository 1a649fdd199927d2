import { lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { DeployedProfile, DeployedUnit, ManagerSession, SessionContext } from '../../../src/backends/backend.js';
import { bsdrc } from '../../../src/backends/bsdrc/index.js';
import type { RunRequest } from '../../../src/system/ports.js';
import { createRun } from '../../../src/system/run.js';
import { isAlive } from '../../support/processes.js';
import { environmentOf, kill, readMain, written, type Place, type Service } from '../support/script-service.js';
import { makePlace } from './support/service.js';

const profileOf = (here: Place, units: readonly DeployedUnit[]): DeployedProfile => ({
  path: join(here.path, 'profile'),
  profileName: 'processes',
  units,
  data: {},
  directories: { stateDir: here.path, runtimeDir: join(here.path, 'run'), logDir: join(here.path, 'log') },
  forceDisableUserChange: true,
});

interface Connection {
  readonly session: ManagerSession;
  /** What was run through the port. */
  readonly requests: readonly RunRequest[];
}

const connect = async (
  here: Place,
  current: readonly DeployedUnit[] | null,
  managerOptions: SessionContext['managerOptions'] = {},
): Promise<Connection> => {
  const requests: RunRequest[] = [];
  const env = {
    ...process.env,
    BSDRC_TARGET_DIR: join(here.path, 'etc', 'rc.d'),
    NIXPROC_STOP_TIMEOUT: '10',
    NIXPROC_START_TIMEOUT: '10',
    CALLERS_SECRET: 'x',
  };
  const run = createRun(env);
  const session = await bsdrc.connect({
    run: (request) => {
      requests.push(request);
      return run(request);
    },
    log: pino({ level: 'silent' }),
    env,
    profileName: 'processes',
    profileLink: join(here.path, 'profiles', 'processes'),
    current: current === null ? null : profileOf(here, current),
    target: null,
    managerOptions,
    jobs: 4,
  });
  return { session, requests };
};

const stateOf = async (session: ManagerSession, { unit }: Service) =>
  (await session.observe([unit])).get(unit.instance);

test('scripts are called once each, with "one" before the activity; to observe takes none', async () => {
  const here = await makePlace();
  const services = ['web-1', 'web-2'].map((name) => here.service({ name }));
  const units = services.map(({ unit }) => unit);
  const { session, requests } = await connect(here, null);
  for (const service of services) expect(await stateOf(session, service)).toMatchObject({ state: 'absent' });
  expect((await session.start(units)).every(({ ok }) => ok)).toBe(true);
  for (const service of services) {
    expect(await stateOf(session, service)).toMatchObject({ state: 'running', pid: readMain(service) });
  }
  await Promise.all(services.map((service) => written(service, 'started')));
  await session.reload(units);
  await Promise.all(services.map((service) => written(service, 'reloaded')));
  expect((await session.stop(units)).every(({ ok }) => ok)).toBe(true);
  for (const service of services) expect(await stateOf(session, service)).toMatchObject({ state: 'stopped' });
  // A second time, as undeploy does with what has died.
  expect((await session.stop(units)).every(({ ok }) => ok)).toBe(true);
  expect(requests.map(({ args }) => args)).toEqual(
    ['onestart', 'onereload', 'onestop', 'onestop'].flatMap((activity) => [[activity], [activity]]),
  );
});

test('a process gets the PATH of the boot, the home of its account, and nothing of whoever deploys it', async () => {
  const here = await makePlace();
  const service = here.service();
  const { session } = await connect(here, null);
  await session.start([service.unit]);
  const environment = environmentOf(readMain(service));
  expect(environment.get('HOME')).toBe(userInfo().homedir);
  expect(environment.get('PATH')).toMatch(/:\/sbin:\/bin:\/usr\/sbin:\/usr\/bin$/);
  expect([...environment.keys()].filter((name) => /SECRET|NIXPROC/.test(name))).toEqual([]);
});

test.each(['daemon', 'foreground'])('tells the truth about a %s that was killed', async (behaviour) => {
  const here = await makePlace();
  const service = here.service({ behaviour });
  const { session } = await connect(here, null);
  await session.start([service.unit]);
  await kill(readMain(service));
  const observation = await stateOf(session, service);
  expect(observation).toMatchObject({ state: 'failed', pid: null });
  expect((await session.start([service.unit])).every(({ ok }) => ok)).toBe(true);
  expect(await stateOf(session, service)).toMatchObject({ state: 'running' });
});

test('a process that the machine started at its boot is known without a record', async () => {
  const here = await makePlace();
  const service = here.service();
  service.call('start');
  const pid = readMain(service);
  rmSync(service.recordFile);
  const { session, requests } = await connect(here, [service.unit]);
  expect(await stateOf(session, service)).toMatchObject({ state: 'running', pid });
  expect(requests.map(({ args }) => args)).toEqual([['onestatus']]);
});

test('a failed start is told with its words, and leaves the others alone', async () => {
  const here = await makePlace();
  const good = here.service({ name: 'good' });
  const bad = here.service({ name: 'bad', behaviour: 'broken' });
  const { session } = await connect(here, null);
  expect(await session.start([bad.unit, good.unit])).toEqual([
    { instance: 'bad', ok: false, detail: expect.stringContaining('the port is in use') },
    { instance: 'good', ok: true, detail: null },
  ]);
  expect(await stateOf(session, bad)).toMatchObject({ state: 'failed' });
});

test('a restart stops with the old script and starts with the new one', async () => {
  const here = await makePlace();
  const before = here.service({ profile: join(here.path, 'old') });
  const after = here.service({ profile: join(here.path, 'new'), process: { environment: { VERSION: 'new' } } });
  const { session } = await connect(here, [before.unit]);
  await session.start([before.unit]);
  const first = readMain(before);
  expect(await session.restart([{ before: before.unit, after: after.unit }])).toEqual([
    { instance: 'service', ok: true, detail: null },
  ]);
  expect(isAlive(first)).toBe(false);
  expect(environmentOf(readMain(after)).get('VERSION')).toBe('new');
});

describe('at boot', () => {
  /** Every file below etc, links with their targets, files with their texts. */
  const tree = (here: Place): Readonly<Record<string, string>> => {
    const root = join(here.path, 'etc');
    return Object.fromEntries(
      readdirSync(root, { recursive: true, encoding: 'utf8' }).flatMap((path) => {
        const file = join(root, path);
        const stat = lstatSync(file);
        if (stat.isDirectory()) return [];
        return [[path, stat.isSymbolicLink() ? readlinkSync(file) : readFileSync(file, 'utf8')]];
      }),
    );
  };
  const enabling = { enableAtBoot: 'true' };
  const settings = (variable: string): string =>
    `# Written by nix-processmgmt-ts, which removes it when the process is no longer deployed.\n${variable}="YES"\n`;
  const deploy = async (
    here: Place,
    current: readonly DeployedUnit[] | null,
    next: readonly DeployedUnit[] | null,
    options: SessionContext['managerOptions'] = enabling,
  ): Promise<void> => {
    const { session } = await connect(here, current, options);
    const profile = next === null ? null : profileOf(here, next);
    await session.install(profile);
    await session.finish(profile);
  };
  const inStore = (here: Place, name: string, generation = 'first'): DeployedUnit =>
    here.service({ name, profile: join(here.path, 'store', generation) }).unit;

  test('nothing is written unless it is asked for, also when there was nothing before', async () => {
    const here = await makePlace();
    mkdirSync(join(here.path, 'etc'));
    await deploy(here, null, [inStore(here, 'web')], {});
    expect(tree(here)).toEqual({});
  });

  test('a script is linked to, and enabled in a file of its own', async () => {
    const here = await makePlace();
    await deploy(here, null, [inStore(here, 'web-1'), inStore(here, 'web2')]);
    const scripts = join(here.path, 'store', 'first', 'etc', 'rc.d');
    expect(tree(here)).toEqual({
      'rc.d/web-1': join(scripts, 'web-1'),
      'rc.d/web2': join(scripts, 'web2'),
      'rc.conf.d/web_1': settings('web_1_enable'),
      'rc.conf.d/web2': settings('web2_enable'),
    });
  });

  test('a later deployment follows without being asked, and removes what is gone', async () => {
    const here = await makePlace();
    const first = [inStore(here, 'web-1'), inStore(here, 'web2')];
    await deploy(here, null, first);
    const second = [inStore(here, 'web2', 'second'), inStore(here, 'web3', 'second')];
    await deploy(here, first, second, {});
    expect(Object.keys(tree(here)).sort()).toEqual(['rc.conf.d/web2', 'rc.conf.d/web3', 'rc.d/web2', 'rc.d/web3']);
    expect(tree(here)['rc.d/web2']).toBe(join(here.path, 'store/second/etc/rc.d/web2'));
    await deploy(here, second, null, {});
    expect(tree(here)).toEqual({});
  });

  test("the machine's own script of that name is refused, and stays", async () => {
    const here = await makePlace();
    mkdirSync(join(here.path, 'etc', 'rc.d'), { recursive: true });
    writeFileSync(join(here.path, 'etc', 'rc.d', 'web'), '#!/bin/sh\n');
    await expect(deploy(here, null, [inStore(here, 'web')])).rejects.toThrow('cannot be enabled at boot');
    expect(tree(here)).toEqual({ 'rc.d/web': '#!/bin/sh\n' });
  });

  test("the administrator's settings are left alone; they have to enable it themselves", async () => {
    const here = await makePlace();
    const file = join(here.path, 'etc', 'rc.conf.d', 'web_1');
    mkdirSync(join(here.path, 'etc', 'rc.conf.d'), { recursive: true });
    const unit = inStore(here, 'web-1');
    writeFileSync(file, 'web_1_flags="-v"\n');
    await expect(deploy(here, null, [unit])).rejects.toThrow(`${file} is not ours`);
    const own = 'web_1_flags="-v"\nweb_1_enable="Yes" # mine\n';
    writeFileSync(file, own);
    await deploy(here, null, [unit]);
    expect(tree(here)['rc.conf.d/web_1']).toBe(own);
    await deploy(here, [unit], null);
    expect(tree(here)).toEqual({ 'rc.conf.d/web_1': own });
  });

  test('a directory that cannot be written to is an error in words', async () => {
    const here = await makePlace();
    mkdirSync(join(here.path, 'etc'));
    writeFileSync(join(here.path, 'etc', 'rc.conf.d'), 'a file');
    await expect(deploy(here, null, [inStore(here, 'web')])).rejects.toMatchObject({
      message: expect.stringContaining('The scripts that run at boot cannot be written to'),
    });
  });
});
