import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { endpointIn } from '../../../src/backends/supervisord/user-server.js';
import { parseIni } from '../../../src/backends/supervisord/ini.js';
import type { ManagerSession, SessionContext } from '../../../src/backends/backend.js';
import { createRun } from '../../../src/system/run.js';
import { isAlive, processesThatMention } from '../../support/processes.js';
import { eventually } from '../../support/waiting.js';
import {
  deploy,
  failures,
  makeSupervised,
  pidOf,
  sleeper,
  undeploy,
  unitCalled,
  type Supervised,
} from './support/supervised.js';

// A machine may be busy: it is not for these tests to say how fast supervisord has to be.

let place: Supervised;
beforeEach(async () => {
  place = await makeSupervised();
  mkdirSync(join(place.root, 'etc/conf.d'), { recursive: true });
});
afterEach(async () => {
  for (const { pid } of processesThatMention(place.root)) process.kill(pid, 'SIGKILL');
  await place.remove();
});

const confDir = (): string => join(place.root, 'etc');
const programs = (): readonly string[] => readdirSync(join(confDir(), 'conf.d'));
const unixServer = '[unix_http_server]\nfile=%(here)s/own.sock ; a comment\nchmod=0700\n';
const include = '[include]\nfiles = conf.d/*.conf\n';

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });

/** Starts a supervisord as an administrator would, with a program of its own. */
const startUsers = async (sections: string): Promise<void> => {
  const text = `[supervisord]
user=root
pidfile=${place.root}/own.pid
logfile=${place.root}/own.log
childlogdir=${place.root}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[program:theirs]
command=/bin/sleep 1000
environment=PLACE="${place.root}"
${sections}`;
  const configuration = process.getuid?.() === 0 ? text : text.replace('user=root\n', '');
  writeFileSync(join(confDir(), 'supervisord.conf'), configuration);
  const { exitCode, stderr } = await createRun(process.env)({
    file: 'supervisord',
    args: ['-c', join(confDir(), 'supervisord.conf')],
    leavesDaemon: true,
  });
  expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
};

const connect = (context: Partial<SessionContext>): Promise<ManagerSession> =>
  place.connect({ ...context, env: { ...process.env, SUPERVISORD_CONF_DIR: confDir() } });

const theirs = async (): Promise<number> =>
  eventually(() => {
    const [, pid] = /spawned: 'theirs' with pid (\d+)/.exec(readFileSync(join(place.root, 'own.log'), 'utf8')) ?? [];
    return pid === undefined ? undefined : Number(pid);
  });

test("programs are linked into the user's own supervisord, and only they go again", async () => {
  await startUsers(unixServer + include);
  writeFileSync(join(confDir(), 'conf.d/other.conf'), '[program:other]\ncommand=/bin/sleep 1000\nautostart=false\n');
  const profile = place.generation([sleeper('one'), sleeper('two', { level: 1 })]);
  const session = await connect({ target: profile });
  expect(failures(await deploy(session, profile))).toEqual([]);
  expect(programs()).toEqual(['one.conf', 'other.conf', 'two.conf']);
  expect(readlinkSync(join(confDir(), 'conf.d/one.conf'))).toBe(`${profile.path}/conf.d/one.conf`);
  const two = await pidOf(session, unitCalled(profile, 'two'));
  // Nothing of ours besides.
  expect(readdirSync(join(place.root, 'run'))).toEqual([]);

  const second = place.generation([sleeper('two', { level: 1 })]);
  const next = await connect({ current: profile, target: second });
  expect(failures(await next.stop([unitCalled(profile, 'one')]))).toEqual([]);
  await next.install(second);
  await next.finish(second);
  expect(programs()).toEqual(['other.conf', 'two.conf']);
  expect(await pidOf(next, unitCalled(second, 'two'))).toBe(two);

  await undeploy(next, second);
  expect(programs()).toEqual(['other.conf']);
  expect(isAlive(two)).toBe(false);
  expect(isAlive(await theirs())).toBe(true);
});

test('a supervisord that listens on a TCP port with a password is used with its password', async () => {
  const port = await freePort();
  await startUsers(`[inet_http_server]\nport=127.0.0.1:${port}\nusername=me\npassword=s3cr%%t:ä\n${include}`);
  const profile = place.generation([sleeper('one')]);
  const session = await connect({ target: profile });
  expect(failures(await deploy(session, profile))).toEqual([]);
  await undeploy(session, profile);

  const text = readFileSync(join(confDir(), 'supervisord.conf'), 'utf8');
  writeFileSync(join(confDir(), 'supervisord.conf'), text.replace('s3cr', 'other'));
  await expect(connect({ target: profile })).rejects.toMatchObject({
    exitCode: 8,
    message: `supervisord at 127.0.0.1:${port} cannot be asked`,
    why: 'It does not accept the user name and password',
  });
});

test('a supervisord that does not run is reported, and none is started', async () => {
  writeFileSync(join(confDir(), 'supervisord.conf'), `[supervisord]\n${unixServer}${include}`);
  await expect(connect({ target: place.generation([sleeper('one')]) })).rejects.toMatchObject({
    exitCode: 8,
    message: `supervisord at ${confDir()}/own.sock cannot be asked`,
    why: 'Nothing listens there',
  });
  expect(processesThatMention(place.root)).toEqual([]);
});

test('a directory without supervisord.conf, or one that names no server, is a usage error', async () => {
  const target = place.generation([sleeper('one')]);
  await expect(connect({ target })).rejects.toMatchObject({
    exitCode: 2,
    message: `${confDir()}/supervisord.conf cannot be read`,
  });
  writeFileSync(join(confDir(), 'supervisord.conf'), '[supervisord]\n');
  await expect(connect({ target })).rejects.toMatchObject({
    exitCode: 2,
    message: `${confDir()}/supervisord.conf does not say where supervisord listens`,
  });
});

test('a supervisord that does not read conf.d is told from one that does', async () => {
  await startUsers(unixServer);
  const profile = place.generation([sleeper('one')]);
  const session = await connect({ target: profile });
  await expect(session.install(profile)).rejects.toMatchObject({
    exitCode: 6,
    message: 'supervisord does not see the program "one"',
    fix: 'Add to its supervisord.conf: [include] files = conf.d/*.conf; then restart it',
  });
  expect(programs()).toEqual([]);
});

test('neither a file nor a program of the user is replaced', async () => {
  await startUsers(unixServer + include);
  const file = join(confDir(), 'conf.d/one.conf');
  writeFileSync(file, '[program:somethingelse]\ncommand=/bin/sleep 1000\n');
  const one = place.generation([sleeper('two'), sleeper('one')]);
  expect(await (await connect({ target: one })).collisions?.(one.units, [])).toMatchObject([
    { instance: 'one', what: `The program "one" cannot be linked at ${file}` },
  ]);
  await expect((await connect({ target: one })).install(one)).rejects.toMatchObject({
    exitCode: 6,
    message: `The program "one" cannot be linked at ${file}`,
  });
  expect(programs()).toEqual(['one.conf']);
  unlinkSync(file);

  const pid = await theirs();
  const clash = place.generation([sleeper('theirs')]);
  expect(await (await connect({ target: clash })).collisions?.(clash.units, [])).toMatchObject([
    { instance: 'theirs', what: 'supervisord already has a program "theirs"' },
  ]);
  await expect((await connect({ target: clash })).install(clash)).rejects.toMatchObject({
    exitCode: 6,
    message: 'supervisord already has a program "theirs"',
  });
  expect(programs()).toEqual([]);
  expect(isAlive(pid)).toBe(true);
});

test('what the user has broken in the meantime is named, and our links are as before', async () => {
  await startUsers(unixServer + include);
  const profile = place.generation([sleeper('one')]);
  const session = await connect({ target: profile });
  expect(failures(await deploy(session, profile))).toEqual([]);
  writeFileSync(join(confDir(), 'conf.d/broken.conf'), '[program:broken]\nstartsecs=many\n');
  const second = place.generation([sleeper('one'), sleeper('two')]);
  const next = await connect({ current: profile, target: second });
  await expect(next.install(second)).rejects.toMatchObject({
    message: 'supervisord cannot read its configuration',
    why: expect.stringContaining("in section 'program:broken'"),
  });
  expect(programs()).toEqual(['broken.conf', 'one.conf']);
  expect(readlinkSync(join(confDir(), 'conf.d/one.conf'))).toBe(`${profile.path}/conf.d/one.conf`);
  unlinkSync(join(confDir(), 'conf.d/broken.conf'));
  await undeploy(next, profile);
});

test('links of an older tool into a profile are taken over', async () => {
  await startUsers(unixServer + include);
  const profile = place.generation([sleeper('one')]);
  const { symlinkSync } = await import('node:fs');
  symlinkSync('/nix/var/nix/profiles/processes/conf.d/one.conf', join(confDir(), 'conf.d/one.conf'));
  const session = await connect({ target: profile });
  expect(failures(await deploy(session, profile))).toEqual([]);
  await undeploy(session, profile);
  expect(existsSync(join(confDir(), 'conf.d/one.conf'))).toBe(false);
});

const endpoints: readonly (readonly [name: string, text: string, expected: unknown])[] = [
  [
    'a relative socket',
    '[unix_http_server]\nfile = run/s.sock\n',
    { address: { kind: 'unix', path: '/etc/supervisor/run/s.sock' }, credentials: null },
  ],
  [
    'a socket with a password',
    '[unix_http_server]\nfile=/run/s.sock\nusername = u\npassword = p ; secret\n',
    { address: { kind: 'unix', path: '/run/s.sock' }, credentials: { username: 'u', password: 'p' } },
  ],
  [
    'a port on every address',
    '[inet_http_server]\nport: *:9001\n',
    { address: { kind: 'inet', host: '127.0.0.1', port: 9001 }, credentials: null },
  ],
  [
    'what supervisorctl uses, before the servers',
    '[inet_http_server]\nport=9001\n[supervisorctl]\nserverurl=unix:///run/%(ENV_WHO)s.sock\n',
    { address: { kind: 'unix', path: '/run/me.sock' }, credentials: null },
  ],
  [
    'a URL, with the password of the server',
    '[inet_http_server]\nport=localhost:9002\nusername=u\npassword=100%%\n[supervisorctl]\nserverurl=http://localhost:9002\n',
    { address: { kind: 'inet', host: 'localhost', port: 9002 }, credentials: { username: 'u', password: '100%' } },
  ],
  ['no server', '[supervisord]\n', null],
];
for (const [name, text, expected] of endpoints) {
  test(`supervisord.conf says where supervisord listens: ${name}`, () => {
    expect(endpointIn(parseIni(text), '/etc/supervisor', { WHO: 'me' })).toEqual(expected);
  });
}
