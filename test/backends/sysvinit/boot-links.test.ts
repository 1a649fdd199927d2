import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import pino from 'pino';
import type { DeployedProfile, DeployedUnit, SessionContext } from '../../../src/backends/backend.js';
import type { BootLinks } from '../../../src/backends/shared/boot-links.js';
import { createBootLinks } from '../../../src/backends/sysvinit/boot-links.js';
import { makePlace, type Place } from './support/service.js';

const unitsOf = (here: Place, profile: string, names: readonly string[]): readonly DeployedUnit[] =>
  names.map((name) => here.service({ name, profile: join(here.path, 'store', profile) }).unit);

const profileOf = (path: string, units: readonly DeployedUnit[]): DeployedProfile => ({
  path,
  profileName: 'processes',
  units,
  data: {},
  directories: { stateDir: '/', runtimeDir: '/run', logDir: '/log' },
  forceDisableUserChange: false,
});

const bootLinks = (here: Place, current: readonly DeployedUnit[], options: Partial<SessionContext> = {}): BootLinks =>
  createBootLinks({
    // Nobody tells the machine's own tools about another directory than /etc.
    run: (request) => Promise.reject(new Error(`unexpected: ${request.file}`)),
    log: pino({ level: 'silent' }),
    env: { SYSVINIT_TARGET_DIR: join(here.path, 'etc') },
    profileName: 'processes',
    profileLink: '/profiles/processes',
    current: profileOf('/store/current', current),
    target: null,
    managerOptions: { enableAtBoot: 'true' },
    jobs: 1,
    ...options,
  });

/** Every file below a directory, links with their targets. */
const tree = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .sort()
    .flatMap((path) => {
      const absolute = join(directory, path);
      const stat = lstatSync(absolute);
      if (stat.isDirectory()) return [];
      return [stat.isSymbolicLink() ? `${path} -> ${readlinkSync(absolute)}` : path];
    });

const enabled = async (here: Place, names: readonly string[]): Promise<readonly DeployedUnit[]> => {
  const units = unitsOf(here, 'first', names);
  await bootLinks(here, []).update(profileOf('/store/first', units));
  return units;
};

test('nothing is written unless the user asks for it', async () => {
  const here = await makePlace();
  const links = bootLinks(here, [], { managerOptions: {} });
  mkdirSync(join(here.path, 'etc'));
  await links.update(profileOf('/store/first', unitsOf(here, 'first', ['web'])));
  expect(tree(join(here.path, 'etc'))).toEqual([]);
});

test('scripts are linked into the runlevels that they name', async () => {
  const here = await makePlace();
  await enabled(here, ['web']);
  const target = join(here.path, 'store/first/etc/rc.d/init.d/web');
  expect(tree(join(here.path, 'etc'))).toEqual([
    `init.d/web -> ${target}`,
    ...['0', '1'].map((level) => `rc${level}.d/K99web -> ../init.d/web`),
    ...['2', '3', '4', '5'].map((level) => `rc${level}.d/S00web -> ../init.d/web`),
    'rc6.d/K99web -> ../init.d/web',
  ]);
});

test('later deployments keep the links up to date without being asked', async () => {
  const here = await makePlace();
  const first = await enabled(here, ['web', 'old']);
  const second = unitsOf(here, 'second', ['web', 'new']);
  await bootLinks(here, first, { managerOptions: {} }).update(profileOf('/store/second', second));
  const links = tree(join(here.path, 'etc'));
  expect(links.filter((link) => link.startsWith('init.d'))).toEqual(
    ['new', 'web'].map((name) => `init.d/${name} -> ${join(here.path, 'store/second/etc/rc.d/init.d', name)}`),
  );
  expect(links.filter((link) => link.includes('old'))).toEqual([]);
});

test('an empty deployment takes every link away, and leaves those of the machine', async () => {
  const here = await makePlace();
  const units = await enabled(here, ['web']);
  writeFileSync(join(here.path, 'etc/init.d/web-server'), '');
  writeFileSync(join(here.path, 'etc/rc3.d/S01web'), '');
  await bootLinks(here, units, { managerOptions: {} }).update(null);
  expect(tree(join(here.path, 'etc'))).toEqual(['init.d/web-server', 'rc3.d/S01web']);
});

test('a script of the machine is not overwritten: the deployment is refused before anything starts', async () => {
  const here = await makePlace();
  const units = unitsOf(here, 'first', ['cron']);
  const script = join(here.path, 'etc/init.d/cron');
  mkdirSync(join(here.path, 'etc/init.d'), { recursive: true });
  writeFileSync(script, 'the machine');
  await expect(bootLinks(here, []).check(profileOf('/store/first', units))).rejects.toThrow(
    `Process instance "cron" cannot be enabled at boot: ${script} is not ours`,
  );
  expect(readFileSync(script, 'utf8')).toBe('the machine');
  await bootLinks(here, [], { managerOptions: {} }).check(profileOf('/store/first', units));
});

test('a directory that cannot be written is explained', async () => {
  const here = await makePlace();
  writeFileSync(join(here.path, 'etc'), 'a file');
  await expect(bootLinks(here, []).update(profileOf('/store/first', unitsOf(here, 'first', ['web'])))).rejects.toThrow(
    `The scripts that run at boot cannot be written to ${join(here.path, 'etc')}`,
  );
});

test('links that somebody has removed or redirected are told, and made again by the next update', async () => {
  const here = await makePlace();
  const units = await enabled(here, ['db', 'proxy', 'web']);
  const profile = profileOf('/store/first', units);
  const links = bootLinks(here, units);
  expect(await links.changed(profile)).toEqual([]);
  const directory = join(here.path, 'etc', 'init.d');
  rmSync(join(directory, 'web'));
  rmSync(join(directory, 'proxy'));
  symlinkSync('/elsewhere', join(directory, 'proxy'));
  expect(await links.changed(profile)).toEqual([
    { instance: 'proxy', what: expect.stringContaining('leads to /elsewhere'), restart: false },
    { instance: 'web', what: expect.stringContaining(`${join(directory, 'web')} is missing`), restart: false },
  ]);
  await links.update(profile);
  expect(await links.changed(profile)).toEqual([]);
});

test('nothing is missing of a deployment that is not enabled at boot', async () => {
  const here = await makePlace();
  const units = unitsOf(here, 'first', ['web']);
  expect(await bootLinks(here, units).changed(profileOf('/store/first', units))).toEqual([]);
});
