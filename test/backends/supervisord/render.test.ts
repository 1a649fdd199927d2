import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { supervisord } from '../../../src/backends/supervisord/index.js';
import type { ProcessName } from '../../../src/model/process-model.js';
import type { JsonObject } from '../../../src/system/json.js';
import {
  managedProcess,
  renderDirect,
  renderManaged,
  unitContext,
  type UnitSurroundings,
} from '../support/render-unit.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { surroundingsVersion } from '../../../src/backends/shared/clean-start.js';

/** What stands before every program. */
const inner = "/bin/dash STORE-clean-start /usr/bin '' limits,account,descriptors";
const cleanly = `${inner},mark=/run/service`;
const marked = '/bin/dash STORE-marked-start /usr/bin /run/service';

let place: TemporaryDirectory;
beforeAll(async () => {
  place = await makeTemporaryDirectory();
});
afterAll(async () => {
  await place.remove();
});

let count = 0;
const around = (): UnitSurroundings => ({
  root: join(place.path, String((count += 1))),
  tools: { supervisor: '/usr' },
  directories: { runtimeDir: '/run', logDir: '/var/log', tmpDir: '/tmp' },
});
const named = (name: string) => managedProcess({ name: name as ProcessName });
const foreground = { executable: '/bin/web', args: ['-p', '80'] };

const fileOf = (process: Parameters<typeof managedProcess>[0], override: JsonObject = {}): string => {
  const surroundings = around();
  renderManaged(supervisord, managedProcess(process), surroundings, { overrides: override });
  return readFileSync(join(surroundings.root, `profile/conf.d/${process?.name ?? 'service'}.conf`), 'utf8').replaceAll(
    /\S*\/store\/[0-9a-f]+-/g,
    'STORE-',
  );
};

test('a program has what the process says, and defaults for a service', () => {
  const text = fileOf({
    foreground,
    environment: { KEY: 'a "b" c', RATE: '100%' },
    path: ['/opt/x'],
    directory: '/srv/web',
    umask: '027',
    user: 'web',
  });
  expect(text).toBe(`[program:service]
command=${cleanly} /bin/web -p 80
environment=KEY='a "b" c',PATH="/usr/bin:/opt/x/bin",RATE="100%%"
directory=/srv/web
killasgroup=true
priority=1
redirect_stderr=true
stdout_logfile=/var/log/nixproc-service.log
umask=027
user=web
`);
});

test('the priority is the level, from 1', () => {
  const { rendered } = renderManaged(supervisord, managedProcess({ foreground }), { ...around(), level: 4 });
  expect(rendered.files).toMatchObject([{ text: expect.stringContaining('\npriority=5\n') }]);
  expect(rendered.properties).not.toHaveProperty('priority');
});

test('a daemon gets a proxy, which gets a second less for stopping than it has itself', () => {
  const daemon = { executable: '/bin/web', args: ['-d'] };
  expect(fileOf({ daemon, pidFile: '/run/web.pid' })).toContain(
    `command=${marked} /bin/dash STORE-daemon-proxy /run/web.pid 90 ${inner} /bin/web -d\n`,
  );
  expect(fileOf({ daemon, pidFile: '/run/web.pid' }, { stopwaitsecs: 30 })).toContain(
    ` /run/web.pid 290 ${inner} /bin/web -d\n`,
  );
});

test('what the file cannot hold goes through a script, and the rest stays where it can be read', () => {
  expect(fileOf({ foreground, environment: { A: 'line\nfeed', B: 'b' } })).toContain(
    `command=${cleanly} /bin/dash STORE-service-values /bin/web -p 80\nenvironment=B="b",PATH="/usr/bin"\n`,
  );
  expect(fileOf({ foreground: { executable: '/bin/web', args: ['ä'] } })).toContain(
    `command=${cleanly} /bin/dash STORE-service-values\nenvironment=PATH="/usr/bin"\n`,
  );
});

test('properties have the names that supervisord has for them, and the values that the model has', () => {
  const { rendered } = renderManaged(
    supervisord,
    managedProcess({ foreground, environment: { A: 'line\nfeed' }, umask: '022' }),
    around(),
  );
  expect(rendered.properties).toEqual({
    command: expect.stringMatching(/-clean-start \/usr\/bin .* \/bin\/web -p 80$/),
    surroundings: surroundingsVersion,
    'environment.A': 'line\nfeed',
    'environment.PATH': '/usr/bin',
    killasgroup: 'true',
    redirect_stderr: 'true',
    stdout_logfile: '/var/log/nixproc-service.log',
    umask: '022',
  });
});

test('overrides become options of the program', () => {
  const text = fileOf(
    { foreground },
    {
      autorestart: true,
      exitcodes: [0, 2],
      startsecs: 5,
      stderr_logfile: '/tmp/100%',
      priority: 7,
      stdout_logfile: 'AUTO',
    },
  );
  for (const line of [
    'autorestart=true',
    'exitcodes=0,2',
    'startsecs=5',
    'priority=7',
    'redirect_stderr=false',
    // supervisord expands it twice.
    'stderr_logfile=/tmp/100%%%%',
    'stdout_logfile=/var/log/nixproc-service.log',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});

test('activation gets to know what it needs', () => {
  const { rendered } = renderManaged(supervisord, managedProcess({ foreground }), around(), {
    overrides: { startsecs: 3, autostart: false, exitcodes: '0,3', stderr_logfile: 'NONE' },
  });
  expect(rendered.activation).toEqual({
    logFiles: ['/var/log/nixproc-service.log'],
    processes: ['service'],
    autostart: false,
    startsecs: 3,
    startretries: 3,
    stopwaitsecs: 10,
    exitcodes: [0, 3],
  });
});

test("createSupervisordProgram's own arguments are written as its users wrote them", () => {
  const surroundings = around();
  const { rendered } = renderDirect(
    supervisord,
    {
      name: 'direct',
      command: '\n  /bin/web --name "%(program_name)s"\n  --rate 5%\n',
      environment: { HOME: '%(ENV_HOME)s/x', N: 5, T: true },
      path: [],
      dependencies: [],
      credentials: { groups: { g: { gid: 5 } }, users: {} },
      postInstall: '',
      stopsignal: 'QUIT',
    },
    surroundings,
  );
  const [file] = rendered.files;
  expect(file).toMatchObject({
    path: 'conf.d/direct.conf',
    text: expect.stringContaining(
      ` HOME limits,account,descriptors,mark=/run/direct /bin/web --name '%(program_name)s' --rate 5%%\nenvironment=HOME="%(ENV_HOME)s/x",N="5",PATH="/usr/bin",T="1"\n`,
    ),
  });
  expect(rendered.credentials.groups).toMatchObject([{ name: 'g', gid: 5 }]);
});

test('no user is switched to when user changes are disabled', () => {
  const { rendered } = renderDirect(
    supervisord,
    { name: 'direct', command: '/bin/web', user: 'web', credentials: { groups: { web: {} }, users: { web: {} } } },
    { ...around(), forceDisableUserChange: true },
  );
  expect(rendered.properties).not.toHaveProperty('user');
  expect(rendered.credentials).toEqual({ groups: [], users: [] });
});

test('nice and initialize become part of the command', () => {
  expect(fileOf({ foreground, nice: 5 })).toContain(`command=${cleanly} /usr/bin/nice -n 5 /bin/web -p 80\n`);
  const text = fileOf({ foreground, initialize: 'mkdir x', user: 'web' });
  expect(text).toContain(`command=${cleanly} /bin/dash STORE-service-launch\n`);
  // Or initialize would not run as root.
  expect(text).not.toContain('user=');
});

const wrong: readonly (readonly [args: JsonObject, why: string])[] = [
  [{ command: '' }, 'There is no command'],
  [{ command: '/bin/x "a' }, 'command is "/bin/x \\"a": No closing quotation'],
  [{ command: '/bin/x', colour: 'red' }, 'There is no option "colour" in [program:…]'],
  [{ command: '/bin/x', startsecs: 'soon' }, 'startsecs is "soon"'],
  [{ command: '/bin/x', autorestart: 'perhaps' }, 'autorestart is "perhaps"'],
  [{ command: '/bin/x', autostart: '' }, 'autostart is ""'],
  [{ command: '/bin/x', exitcodes: [0, 256] }, 'exitcodes is [0,256]'],
  [{ command: '/bin/x', stopsignal: 'STOPIT' }, 'stopsignal is "STOPIT"'],
  [{ command: '/bin/x', umask: '999' }, 'umask is "999"'],
  [{ command: '/bin/x', stdout_logfile_maxbytes: '5 MB' }, 'stdout_logfile_maxbytes is "5 MB"'],
  [{ command: '/bin/x', stopasgroup: true, killasgroup: false }, 'stopasgroup is true and killasgroup is false'],
  [{ command: '/bin/x', numprocs: 2 }, 'numprocs is more than 1, and all processes have the same name'],
  [{ command: '/bin/x', environment: ['A'] }, 'environment is ["A"]'],
  [{ command: '/bin/x', environment: { 'A=B': '1' } }, 'environment has a variable named "A=B"'],
  [{ command: '/bin/x', environment: { A: { b: 1 } } }, 'environment.A is an attribute set'],
  [{ command: '/bin/x', directory: { a: 1 } }, 'directory is an attribute set'],
  [{ command: '/bin/x', path: '/x' }, 'path is "/x"'],
  [{ command: '/bin/x', useProxy: 'yes' }, 'useProxy is "yes"'],
  [
    { command: '/bin/x', serverurl: 'a\nb' },
    'serverurl is "a\\nb": supervisord\'s configuration has no way to write that',
  ],
  [
    { command: '/bin/x', environment: { A: '%(ENV_HOME)s\n' } },
    'environment.A has an expansion of supervisord, "%(…)", together with characters that its configuration cannot hold',
  ],
];
for (const [args, why] of wrong) {
  test(`an argument that supervisord would refuse is an error that names the instance: ${why}`, () => {
    const context = unitContext(named('culprit'), around());
    let error: unknown;
    try {
      supervisord.render({ name: 'culprit', ...args }, context);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ exitCode: 4, message: expect.stringContaining('"culprit"'), why });
  });
}

test('a process that can neither run in the foreground nor as a daemon is an error that names the instance', () => {
  const process = named('empty');
  expect(() => supervisord.translate(process, unitContext(process, around()))).toThrow(
    'Process instance "empty" has nothing to run',
  );
});
