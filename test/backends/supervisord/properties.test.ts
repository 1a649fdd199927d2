import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { chownSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DeployedProfile, ManagerSession } from '../../../src/backends/backend.js';
import { isRoot } from '../../support/is-root.js';
import { isAlive } from '../../support/processes.js';
import { eventually } from '../../support/waiting.js';
import { daemonProgram } from './support/daemon.js';
import { factsOf, type ProcessFacts } from './support/process-facts.js';
import {
  deploy,
  failures,
  makeSupervised,
  pidOf,
  sleeper,
  undeploy,
  unitCalled,
  type Program,
  type Supervised,
} from './support/supervised.js';

// A machine may be busy: it is not for these tests to say how fast supervisord has to be.

let place: Supervised;
let session: ManagerSession;
let profile: DeployedProfile;
beforeEach(async () => {
  place = await makeSupervised();
});
afterEach(async () => {
  await undeploy(session, profile);
  await place.remove();
});

const start = async (...programs: readonly Program[]): Promise<void> => {
  profile = place.generation(programs);
  session = await place.connect({ target: profile });
  expect(failures(await deploy(session, profile))).toEqual([]);
};
const facts = async (name: string): Promise<ProcessFacts> => factsOf(await pidOf(session, unitCalled(profile, name)));

test('a process has the directory, the umask, the niceness and the search path that it asks for', async () => {
  const directory = join(place.root, 'tmp');
  await start(
    sleeper('one', { directory, umask: '0137', nice: 7, path: ['/opt/one', '/opt/two'] }),
    sleeper('two', { environment: { PATH: '/own/bin:/usr/bin' } }),
  );
  const { environment, ...one } = await facts('one');
  expect(one).toMatchObject({ directory, umask: '0137', nice: 7 });
  expect(environment['PATH']).toBe('/usr/bin:/opt/one/bin:/opt/two/bin');
  expect(await facts('two')).toMatchObject({ nice: 0, environment: { PATH: '/own/bin:/usr/bin' } });
});

test('initialize runs before the process, in its directory and with its variables, and each time it starts', async () => {
  const directory = join(place.root, 'tmp');
  const log = join(place.root, 'initialized');
  await start(
    sleeper('one', {
      directory,
      umask: '0077',
      environment: { GREETING: 'it\'s "me"' },
      initialize: `echo "$PWD $GREETING $(umask)" >>${log}\nexport MADE=here`,
    }),
  );
  expect(readFileSync(log, 'utf8')).toBe(`${directory} it's "me" 0077\n`);
  expect((await facts('one')).environment).toMatchObject({ MADE: 'here' });
  const unit = unitCalled(profile, 'one');
  expect(failures(await session.restart([{ before: unit, after: unit }]))).toEqual([]);
  expect(readFileSync(log, 'utf8').split('\n')).toHaveLength(3);
});

test('a process whose initialize fails does not start', async () => {
  profile = place.generation([
    sleeper('one', { initialize: 'echo "no space" >&2\nfalse\necho never', override: { startretries: 0 } }),
  ]);
  session = await place.connect({ target: profile });
  expect(await deploy(session, profile)).toEqual([
    { instance: 'one', ok: false, detail: 'FATAL Exited too quickly (process log may have details)\nno space' },
  ]);
});

test('a daemon is stood for by a proxy: started, stopped, killed and started again with it', async () => {
  const pidFile = join(place.root, 'run/daemon.pid');
  await start({ name: 'one', daemon: daemonProgram(pidFile, 'a b', 'line\nfeed'), pidFile });
  const first = await eventually(() => Number(readFileSync(pidFile, 'utf8')) || undefined);
  expect(factsOf(first).args.slice(-2)).toEqual(['a b', 'line\nfeed']);

  process.kill(first, 'SIGKILL');
  const second = await eventually(() => {
    const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : first;
    return pid !== first && pid !== 0 && isAlive(pid) ? pid : undefined;
  });
  await eventually(async () => {
    const [observed] = (await session.observe(profile.units)).values();
    return observed?.state === 'running' ? true : undefined;
  });

  expect(failures(await session.stop(profile.units))).toEqual([]);
  expect(isAlive(second)).toBe(false);
  expect(existsSync(pidFile)).toBe(false);
});

test('a daemon that does not end in time is killed before supervisord kills its proxy', async () => {
  const pidFile = join(place.root, 'run/deaf.pid');
  const { executable, args } = daemonProgram(pidFile);
  const deaf = args.map((arg) => arg.replace(/\$SIG\{TERM\} = .*;/, '$SIG{TERM} = "IGNORE";'));
  await start({ name: 'deaf', daemon: { executable, args: deaf }, pidFile, override: { stopwaitsecs: 2 } });
  const pid = Number(readFileSync(pidFile, 'utf8'));
  expect(failures(await session.stop(profile.units))).toEqual([]);
  expect(isAlive(pid)).toBe(false);
  expect(existsSync(pidFile)).toBe(false);
});

test('a foreground process is preferred to a daemon', async () => {
  await start(sleeper('one', { daemon: { executable: '/bin/false', args: [] } }));
  expect((await facts('one')).args).toEqual(['sleep', '1000']);
});

test('overrides win over everything that is generated', async () => {
  const log = join(place.root, 'tmp/own.log');
  await start(
    sleeper('one', {
      umask: '0077',
      environment: { KEPT: 'yes', REPLACED: 'no' },
      override: {
        umask: '0007',
        environment: { REPLACED: 'by %(program_name)s' },
        stdout_logfile: log,
        stderr_logfile: 'NONE',
      },
    }),
  );
  const { umask, environment } = await facts('one');
  expect(umask).toBe('0007');
  expect(environment).toMatchObject({ KEPT: 'yes', REPLACED: 'by one' });
  expect(session.logs(unitCalled(profile, 'one'))).toEqual({ kind: 'files', paths: [log] });
});

if (isRoot) {
  test('a process runs as its user, with the groups of that user', async () => {
    await start(sleeper('one', { user: 'www-data', nice: 2 }));
    expect(await facts('one')).toMatchObject({ uid: 33, gid: 33, groups: [33], nice: 2 });
  });

  test('initialize runs as root, and what comes after as the user, whose shell may be nologin', async () => {
    const log = join(place.root, 'log/own');
    await start(
      sleeper('one', {
        user: 'www-data',
        nice: -3,
        initialize: `id -u >${log}\nchown www-data ${log}`,
        environment: { VALUE: "it's" },
      }),
    );
    expect(readFileSync(log, 'utf8')).toBe('0\n');
    expect(statSync(log).uid).toBe(33);
    expect(await facts('one')).toMatchObject({
      uid: 33,
      gid: 33,
      groups: [33],
      nice: -3,
      args: ['sleep', '1000'],
      environment: { VALUE: "it's" },
    });
  });

  test('a daemon with initialize and a user runs as that user, and can be stopped', async () => {
    const pidFile = join(place.root, 'tmp/one.pid');
    chownSync(join(place.root, 'tmp'), 33, 33);
    await start({ name: 'one', daemon: daemonProgram(pidFile), pidFile, user: 'www-data', initialize: 'true' });
    const pid = await eventually(() => Number(readFileSync(pidFile, 'utf8')) || undefined);
    expect(factsOf(pid)).toMatchObject({ uid: 33, gid: 33 });
    expect(failures(await session.stop(profile.units))).toEqual([]);
    expect(isAlive(pid)).toBe(false);
  });
}
