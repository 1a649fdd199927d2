import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { isRoot } from '../../support/is-root.js';
import { makePlace, shells, written, type Place } from './support/service.js';

const attacker = 65_000;
const nobody = 65_534;

/** What somebody may have put at a path in a directory that everybody can write. */
const obstacles: Readonly<Record<string, (path: string, here: Place) => void>> = {
  'a pipe': (path) => {
    spawnSync('mkfifo', [path]);
    chownSync(path, attacker, attacker);
  },
  'an empty directory': (path) => {
    mkdirSync(path);
    chownSync(path, attacker, attacker);
  },
  'a directory with a file in it': (path) => {
    mkdirSync(path);
    writeFileSync(`${path}/file`, '');
    chownSync(path, attacker, attacker);
  },
  'a link to a file of root': (path, { path: place }) => {
    symlinkSync(`${place}/secret`, path);
    lchownSync(path, attacker, attacker);
  },
  'a file that everybody can read and write': (path) => {
    writeFileSync(path, 'theirs\n');
    chownSync(path, attacker, attacker);
    chmodSync(path, 0o666);
  },
  'a second name of a file of root': (path, { path: place }) => {
    linkSync(`${place}/secret`, path);
  },
};

const makePlaceWithSecret = async (): Promise<Place> => {
  const here = await makePlace();
  writeFileSync(`${here.path}/secret`, '1\n', { mode: 0o600 });
  return here;
};

const asRoot = isRoot ? describe : describe.skip;

asRoot.each(shells)('under %s, a script of root in a directory that everybody can write', (shell) => {
  test.each(Object.entries(obstacles))('takes %s away from the log and the PID file, and says so', async (_, put) => {
    const here = await makePlaceWithSecret();
    const pidFile = `${here.path}/tmp/service.pid`;
    const service = here.service({ shell, behaviour: 'foreground', process: { user: 'nobody', pidFile } });
    put(service.logFile, here);
    put(pidFile, here);
    const { exitCode, stderr } = service.call('start');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr.match(/warning: (?:removed|moved) a [^\n]* from /g)).toHaveLength(2);
    await written(service, 'started');
    expect(lstatSync(service.logFile)).toMatchObject({ uid: nobody, nlink: 1, mode: 0o100644 });
    expect(readFileSync(`${here.path}/secret`, 'utf8')).toBe('1\n');
    expect(service.call('stop')).toMatchObject({ exitCode: 0 });
  });

  test('refuses what the service itself has put there', async () => {
    const here = await makePlaceWithSecret();
    const pidFile = `${here.path}/tmp/service.pid`;
    const service = here.service({ shell, behaviour: 'foreground', process: { user: 'nobody', pidFile } });
    symlinkSync(`${here.path}/secret`, service.logFile);
    lchownSync(service.logFile, nobody, nobody);
    const { exitCode, stderr } = service.call('start');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringContaining(`a link of user ${nobody} is in the way at ${service.logFile}`),
    });
  });

  test('reads no PID file that is a pipe, and none of somebody else', async () => {
    const here = await makePlaceWithSecret();
    const pidFile = `${here.path}/tmp/service.pid`;
    const service = here.service({ shell, process: { user: 'nobody', pidFile } });
    for (const put of [obstacles['a pipe'], obstacles['a link to a file of root']]) {
      put?.(pidFile, here);
      expect(service.call('status')).toMatchObject({ exitCode: 1 });
      expect(service.call('stop')).toMatchObject({ exitCode: 0 });
      rmSync(pidFile, { force: true });
    }
  });

  test('opens the log of a daemon with the rights of its user, when it is there', async () => {
    const here = await makePlaceWithSecret();
    const pidFile = `${here.path}/tmp/service.pid`;
    const surroundings = { directories: { logDir: `${here.path}/tmp` } };
    const service = here.service({ shell, process: { user: 'nobody', pidFile }, surroundings });
    expect(service.logFile).toBe(`${here.path}/tmp/nixproc-service.log`);
    expect(service.call('start')).toMatchObject({ exitCode: 0 });
    await written(service, `started as ${nobody}`);
    expect(lstatSync(service.logFile).uid).toBe(nobody);
  });

  test('keeps the output of a process whose user changes', async () => {
    const here = await makePlaceWithSecret();
    const pidFile = `${here.path}/tmp/service.pid`;
    const before = here.service({ shell, behaviour: 'foreground', process: { user: 'daemon', pidFile } });
    expect(before.call('start')).toMatchObject({ exitCode: 0 });
    await written(before, 'started as 1');
    expect(before.call('stop')).toMatchObject({ exitCode: 0 });
    const after = here.service({
      shell,
      behaviour: 'foreground',
      process: { user: 'nobody', pidFile },
      profile: `${here.path}/next`,
    });
    expect(after.call('start')).toMatchObject({ exitCode: 0 });
    await written(after, `started as ${nobody}`);
  });

  test('starts when a reboot has taken its directories away', async () => {
    const here = await makePlaceWithSecret();
    const pidFile = `${here.path}/tmp/service.pid`;
    const process = { user: 'nobody', pidFile };
    const services = [
      here.service({ shell, name: 'one', behaviour: 'foreground', process }),
      here.service({ shell, name: 'two', process: { initialize: `: >${here.path}/run/file` } }),
    ];
    for (const name of ['run', 'log', 'tmp']) rmSync(`${here.path}/${name}`, { recursive: true });
    for (const service of services) expect(service.call('start')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(lstatSync(`${here.path}/tmp`).mode & 0o7777).toBe(0o1777);
    expect(lstatSync(`${here.path}/run`).mode & 0o7777).toBe(0o755);
  });
});
