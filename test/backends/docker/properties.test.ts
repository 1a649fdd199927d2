import { beforeAll, expect, test } from '@jest/globals';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isRoot } from '../../support/is-root.js';
import { eventually } from '../../support/waiting.js';
import { useNamespace } from './support/in-namespace.js';
import { deploy, failures, unitCalled, type ManagedProgram, type Place } from './support/place.js';
import { readReport, reporter } from './support/reporter.js';
const testAsRoot = isRoot ? test : test.skip;

const { newPlace } = useNamespace();
let place: Place;
beforeAll(async () => {
  if (!isRoot) return;
  place = await newPlace();
  chmodSync(join(place.root, 'tmp'), 0o1777);
});

/** Where a process reports to. */
const reportOf = (name: string): string => join(place.root, 'tmp', `${name}.report`);
const reporting = (name: string, properties: Partial<ManagedProgram> = {}): ManagedProgram => ({
  name,
  foreground: reporter(reportOf(name)),
  ...properties,
});
const start = async (...programs: readonly ManagedProgram[]) => {
  const profile = place.generation(programs);
  const session = await place.connect({ target: profile });
  expect(failures(await deploy(session, profile))).toEqual([]);
  return { profile, session };
};

testAsRoot('a process has the directory, the umask, the niceness and the search path that it asks for', async () => {
  const directory = join(place.root, 'log');
  await start(
    reporting('one', { directory, umask: '0137', nice: 7, path: ['/opt/one', '/opt/two'] }),
    reporting('two', { environment: { PATH: '/own/bin:/usr/bin' } }),
    reporting('three', { nice: -5, umask: '027' }),
  );
  const one = await readReport(reportOf('one'));
  expect(one).toMatchObject({ directory, umask: '0137', nice: 7, uid: 0 });
  expect(one.environment['PATH']).toBe('/usr/bin:/opt/one/bin:/opt/two/bin:/bin');
  expect(await readReport(reportOf('two'))).toMatchObject({
    nice: 0,
    umask: '0022',
    environment: { PATH: '/own/bin:/usr/bin' },
  });
  expect(await readReport(reportOf('three'))).toMatchObject({ nice: -5, umask: '0027' });
});

testAsRoot(
  'initialize runs before the process, in its directory and with its variables, and each time it starts',
  async () => {
    const directory = join(place.root, 'log');
    const log = join(place.root, 'log', 'initialized');
    const { profile, session } = await start(
      reporting('one', {
        directory,
        umask: '0077',
        environment: { GREETING: 'it\'s "me"' },
        initialize: `echo "$PWD $GREETING $(umask)" >>${log}\nexport MADE=here`,
      }),
    );
    expect(readFileSync(log, 'utf8')).toBe(`${directory} it's "me" 0077\n`);
    expect((await readReport(reportOf('one'))).environment).toMatchObject({ MADE: 'here' });
    const unit = unitCalled(profile, 'one');
    expect(failures(await session.restart([{ before: unit, after: unit }]))).toEqual([]);
    expect(readFileSync(log, 'utf8').split('\n')).toHaveLength(3);
  },
);

testAsRoot('a process runs as its user, who has the numbers of the host; initialize runs as root', async () => {
  const log = join(place.root, 'log', 'own');
  await start(
    reporting('plain', { user: 'www-data', nice: 2 }),
    reporting('initialized', {
      user: 'www-data',
      nice: -3,
      initialize: `id -u >${log}\nchown www-data ${log}`,
    }),
  );
  expect(await readReport(reportOf('plain'))).toMatchObject({ uid: 33, gids: [33], nice: 2 });
  expect(await readReport(reportOf('initialized'))).toMatchObject({ uid: 33, gids: [33], nice: -3 });
  expect(readFileSync(log, 'utf8')).toBe('0\n');
  expect(statSync(log).uid).toBe(33);
});

testAsRoot('a daemon is stood for by a proxy, with a user and initialize too, and can be stopped', async () => {
  const directory = join(place.root, 'tmp', 'daemon');
  mkdirSync(directory);
  chownSync(directory, 33, 33);
  const pidFile = join(directory, 'one.pid');
  const { executable, args } = reporter(reportOf('daemon'), 'a b', 'line\nfeed');
  const daemonized = [
    '-e',
    `exit if fork; require POSIX; POSIX::setsid(); open my $pid, ">", "${pidFile}"; print $pid "$$\\n"; close $pid;`,
    ...args,
  ];
  const { profile, session } = await start({
    name: 'daemon',
    daemon: { executable, args: daemonized },
    pidFile,
    user: 'www-data',
    initialize: 'true',
    environment: { VALUE: 'v' },
  });
  expect(await readReport(reportOf('daemon'))).toMatchObject({
    uid: 33,
    args: ['a b', 'line\nfeed'],
    environment: { VALUE: 'v' },
  });
  await eventually(() => existsSync(pidFile) || undefined);
  expect(failures(await session.stop(profile.units))).toEqual([]);
  expect(existsSync(pidFile)).toBe(false);
});

testAsRoot('a foreground process is preferred to a daemon', async () => {
  await start(reporting('both', { daemon: { executable: '/bin/false', args: [] } }));
  expect((await readReport(reportOf('both'))).args).toEqual([]);
});

testAsRoot(
  'the container shares network, state and store with the host, and nothing is left to write in the store',
  async () => {
    const { profile } = await start(reporting('shared'));
    const name = 'nixproc-shared';
    const host = await place.engine('inspect', '--format', '{{.HostConfig.NetworkMode}}', name);
    expect(host).toBe('host');
    const written = join(place.root, 'store', 'written');
    await expect(place.engine('exec', name, 'touch', written)).rejects.toThrow('Read-only');
    await place.engine('exec', name, 'touch', join(place.root, 'tmp', 'touched'));
    expect(existsSync(join(place.root, 'tmp', 'touched'))).toBe(true);
    expect(profile.units[0]?.activation['store']).toBe(join(place.root, 'store'));
  },
);

testAsRoot('overrides win over everything that is generated', async () => {
  await start(
    reporting('overridden', {
      environment: { KEPT: 'no' },
      override: {
        image: { config: { Env: ['OWN=yes', 'PATH=/usr/bin'], WorkingDir: '/usr', StopSignal: 'SIGINT' } },
        container: {
          name: 'other-name',
          dockerCreateParameters: {
            label: ['a=1', 'b=2'],
            restart: 'no',
            init: false,
            'stop-timeout': 3,
          },
          useHostNetwork: true,
        },
      },
    }),
  );
  const { environment, directory } = await readReport(reportOf('overridden'));
  expect(environment).toMatchObject({ OWN: 'yes' });
  expect(environment).not.toHaveProperty('KEPT');
  expect(directory).toBe('/usr');
  const format =
    '{{.HostConfig.RestartPolicy.Name}} {{.Config.StopTimeout}} {{index .Config.Labels "a"}}{{index .Config.Labels "b"}}';
  expect(await place.engine('inspect', '--format', format, 'nixproc-other-name')).toBe('no 3 12');
});

testAsRoot("a command of the container takes the place of the image's", async () => {
  const { executable, args } = reporter(reportOf('command'), 'from the container');
  await start({
    name: 'command',
    foreground: { executable: '/bin/false', args: [] },
    override: { container: { cmd: [executable, ...args] } },
  });
  expect((await readReport(reportOf('command'))).args).toEqual(['from the container']);
});
