import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createServiceManager } from '../../../src/backends/cygrunsrv/service-manager.js';
import { findEngine } from '../../../src/backends/docker/engine.js';
import { placeOf } from '../../../src/backends/s6-rc/place.js';
import { liveState } from '../../../src/backends/s6-rc/live-state.js';
import { programsOf } from '../../../src/backends/s6-rc/programs.js';
import { createLaunchctl } from '../../../src/backends/launchd/launchctl.js';
import { createSystemctl } from '../../../src/backends/systemd/systemctl.js';
import { currentRunlevel } from '../../../src/backends/sysvinit/current-runlevel.js';
import { createRun } from '../../../src/system/run.js';
import { processesThatMention } from '../../support/processes.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { eventually } from '../../support/waiting.js';

// Programs that stop themselves: they neither answer nor end.
let place: TemporaryDirectory;
beforeAll(async () => {
  place = await makeTemporaryDirectory();
  for (const program of [
    'systemctl',
    'launchctl',
    'cygrunsrv',
    'runlevel',
    'docker',
    'podman',
    's6-rc',
    's6-rc-update',
  ]) {
    const file = join(place.path, program);
    await writeFile(file, '#!/bin/sh\nkill -STOP $$\n');
    await chmod(file, 0o755);
  }
});
afterAll(() => place.remove());

const limits = { patience: 300 };
// As the command runs them: what is given up ends with its session.
const here = (): ReturnType<typeof createRun> => {
  const run = createRun({ PATH: `${place.path}:/usr/bin:/bin` });
  return (request) => run({ ...request, ignoresTerminal: true });
};
const s6rc = () => {
  const ports = { run: here(), env: { PATH: `${place.path}:/usr/bin:/bin` }, log: pino({ level: 'silent' }) };
  const programs = programsOf(
    { shell: '/bin/sh', execline: '/usr', s6: '/usr', s6rc: null },
    { ...ports, answerLimits: limits },
  );
  return liveState(placeOf(place.path, 'processes').live, programs);
};
const scope = {
  kind: 'system',
  directory: '/x',
  options: [],
  environment: {},
  unitOption: '--unit',
  bootTarget: 'x',
} as const;

test.each<[string, string, () => Promise<unknown>]>([
  ['systemd', 'systemctl list-units', () => createSystemctl(here(), scope, limits).listUnits()],
  ['launchd', 'launchctl print system', () => createLaunchctl(here(), limits).services('system')],
  ['cygrunsrv', 'cygrunsrv --list', () => createServiceManager(here(), limits).list()],
  ['s6-rc', 's6-rc -b -l', () => s6rc().services()],
  [
    'init',
    'runlevel',
    () => currentRunlevel({ run: here(), managerOptions: {}, env: { RUNLEVEL: '3' }, answerLimits: limits }),
  ],
])('%s that does not answer is given up, and named', async (manager, asked, ask) => {
  await expect(ask()).rejects.toMatchObject({
    exitCode: 8,
    message: `${manager} did not answer within 0.3 s`,
    why: expect.stringContaining(asked),
    fix: expect.stringContaining('--answer-timeout'),
  });
  // Shells that asked it end as well, and whom they started, once the signal has reached them.
  await eventually(() => (processesThatMention(place.path).length === 0 ? true : undefined), 5);
});

test('a container engine that does not answer is not replaced by one that has nothing of the profile', async () => {
  await writeFile(join(place.path, 'podman'), '#!/bin/sh\necho "{}"\n');
  const find = (runsOurs: boolean) =>
    findEngine({ run: here(), env: {}, log: pino({ level: 'silent' }) }, async () => runsOurs, {
      limits: { patience: 1000 },
    });
  expect(await find(true)).toMatchObject({ program: 'podman' });
  await expect(find(false)).rejects.toMatchObject({ message: expect.stringContaining('(docker) did not answer') });
});
