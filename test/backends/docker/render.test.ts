import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { docker } from '../../../src/backends/docker/index.js';
import type { ManagedProcess, ProcessName } from '../../../src/model/process-model.js';
import type { JsonObject } from '../../../src/system/json.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { managedProcess, renderDirect, renderManaged, unitContext } from '../support/render-unit.js';

let directory: TemporaryDirectory;
let serial = 0;
beforeAll(async () => {
  directory = await makeTemporaryDirectory();
});
afterAll(() => directory.remove());

const hash = '0123456789abcdfghijklmnpqrsvwxyz';
const store = '/nix/store';
const shell = `${store}/${hash}-bash/bin/bash`;
const program = { executable: `${store}/${hash}-web/bin/web`, args: ['--port', '80'] };

const place = () => {
  serial += 1;
  const root = join(directory.path, String(serial));
  return {
    root,
    tools: { store, shell, coreutils: `${store}/${hash}-coreutils` },
    directories: { stateDir: '/var', runtimeDir: '/var/run', logDir: '/var/log', tmpDir: '/tmp' },
  };
};
const rendered = (
  process: Partial<Omit<ManagedProcess, 'name'>> = {},
  overrides: JsonObject = {},
  level = 0,
  around = place(),
) => {
  const managed = managedProcess({ foreground: program, ...process, name: 'web' as ProcessName });
  const { rendered: unit } = renderManaged(docker, managed, { ...around, level }, { overrides });
  return { ...unit, text: (path: string) => readFileSync(join(around.root, 'profile', path), 'utf8') };
};
const direct = (args: JsonObject) => renderDirect(docker, { name: 'web', ...args }, place()).rendered;

test('a container is described by the files that tools of the framework read', () => {
  const { text, files } = rendered({ environment: { A: 'b c' } }, {}, 1);
  expect(files.map(({ path }) => path)).toEqual([
    'web-docker-settings',
    'web-docker-createparams',
    'web-docker-cmd',
    'web-storepaths',
    '02-web-docker-priority',
  ]);
  expect(text('web-docker-settings')).toMatch(/^dockerImage=\S+-web-image\.json\ndockerImageTag=web:latest\n$/);
  expect(text('web-docker-createparams')).toBe(
    [
      ...['--init', '--restart', 'unless-stopped', '--security-opt', 'label=disable'],
      ...['--volume', '/nix/store:/nix/store:ro', '--network', 'host', '--volume', '/var:/var', ''],
    ].join('\n'),
  );
  // Behind what makes its surroundings.
  expect(text('web-docker-cmd')).toMatch(new RegExp(` \\S+-clean-start .* ${program.executable} --port 80\n$`));
  expect(text('web-storepaths').split('\n')).toEqual([
    `${store}/${hash}-bash`,
    `${store}/${hash}-coreutils`,
    `${store}/${hash}-web`,
    '',
  ]);
  expect(text('02-web-docker-priority')).toBe('');
});

test('the image holds the command, the environment, users, groups and links, and no package', () => {
  const { activation, credentials } = rendered({
    environment: { A: 'b c' },
    directory: '/var/web',
    user: 'web',
    credentials: {
      groups: [{ name: 'web', gid: 7, attributes: {} }],
      users: [
        {
          name: 'web',
          uid: 8,
          group: 'web',
          description: null,
          homeDir: '/home/web',
          createHomeDir: true,
          shell: null,
          attributes: {},
        },
      ],
    },
  });
  expect(activation['image']).toMatchObject({
    kind: 'written',
    repository: 'web',
    tag: 'latest',
    contents: [],
    runAsRoot: '',
    config: {
      Cmd: [
        `${store}/${hash}-bash/bin/bash`,
        expect.stringMatching(/-clean-start$/),
        ...[`${store}/${hash}-coreutils/bin`, '', 'account,present,descriptors'],
        ...[program.executable, '--port', '80'],
      ],
      Env: ['A=b c', `PATH=${store}/${hash}-coreutils/bin:/usr/bin:/bin`],
      WorkingDir: '/var/web',
      User: 'web',
    },
    groups: [{ name: 'web', gid: 7 }],
    users: [{ name: 'web', uid: 8, group: 'web', homeDir: '/home/web' }],
    otherUsers: [],
    links: { 'bin/sh': shell, 'usr/bin/env': `${store}/${hash}-coreutils/bin/env` },
  });
  expect(activation['createArguments']).toEqual(expect.arrayContaining(['/home/web:/home/web']));
  expect(credentials.users.map(({ name }) => name)).toEqual(['web']);
});

test('parameters of the model win over those that every container gets', () => {
  const parameters = (override: JsonObject): unknown =>
    rendered({}, { container: { mapStateDirVolumes: [], useHostNixStore: false, ...override } }).activation[
      'createArguments'
    ];
  const always = ['--security-opt', 'label=disable'];
  expect(
    parameters({ dockerCreateParameters: { init: false, restart: 'no', net: 'none', publish: [1, 'a b'] } }),
  ).toEqual([...always, ...['--init=false', '--net', 'none', '--publish', '1', '--publish', 'a b', '--restart', 'no']]);
  expect(
    parameters({
      useHostNetwork: false,
      dockerCreateParameters: [{ name: 'v', value: '/a:/b' }, { name: 'rm' }, { name: 'tty', value: true }],
    }),
  ).toEqual(['--init', ...always, '-v', '/a:/b', '--rm', '--tty=true']);
});

test('what cannot be taken is refused with its name', () => {
  const refused: readonly (readonly [JsonObject, RegExp])[] = [
    [{ image: { fromImage: 'x' } }, /docker cannot take: image\.fromImage$/],
    [{ image: { name: 'Web' } }, /image\.name$/],
    [{ image: { tag: 'a b' } }, /image\.tag$/],
    [{ image: { config: { Env: ['novalue'] } } }, /image\.config\.Env$/],
    [{ image: { config: { Cmd: 'one two' } } }, /image\.config\.Cmd$/],
    [{ container: { volumes: [] } }, /container\.volumes$/],
    [{ container: { useHostNetwork: 'yes' } }, /container\.useHostNetwork$/],
    [{ container: { mapStateDirVolumes: ['var'] } }, /container\.mapStateDirVolumes$/],
    [{ container: { dockerImageTag: 'web:latest' } }, /container\.dockerImageTag$/],
    [{ container: { dockerCreateParameters: 'x' } }, /container\.dockerCreateParameters$/],
    [{ container: { dockerCreateParameters: [{ name: 'a', other: 1 }] } }, /container\.dockerCreateParameters$/],
    [{ container: { dockerCreateParameters: { name: 'x' } } }, /container\.dockerCreateParameters\.name$/],
    [{ container: { dockerCreateParameters: { '-v': 'x' } } }, /container\.dockerCreateParameters$/],
    [{ container: { name: 'a/b' } }, /container\.name$/],
    [{ other: {} }, /docker cannot take: other$/],
  ];
  for (const [override, message] of refused) {
    expect(() => rendered({}, override)).toThrow(message);
  }
  expect(() => direct({})).toThrow(/docker cannot take: dockerImage$/);
  expect(() => direct({ dockerImage: '/x', volume: 1 })).toThrow(/docker cannot take: volume$/);
  expect(() => rendered({ environment: { A: 'b\0c' } })).toThrow('NUL');
});

test('createDockerContainer takes an archive, and shares nothing unless it is asked to', () => {
  const { activation, files } = direct({ dockerImage: `${store}/${hash}-image.tar.gz`, dockerImageTag: 'web:2' });
  expect(activation).toMatchObject({
    containerName: 'nixproc-web',
    image: { kind: 'archive', path: `${store}/${hash}-image.tar.gz`, tag: 'web:2' },
    createArguments: ['--init', '--restart', 'unless-stopped', '--security-opt', 'label=disable'],
    command: [],
    hostPrograms: false,
  });
  expect(files.find(({ path }) => path === 'web-docker-settings')).toMatchObject({
    text: `dockerImage=${store}/${hash}-image.tar.gz\ndockerImageTag=web:2\n`,
  });
  const shared = direct({
    ...{ dockerImage: '/x.tar', useHostNixStore: true, useHostNetwork: true, mapStateDirVolumes: ['/srv'] },
    ...{ cmd: ['/bin/web', 'a b'], storePaths: ['/nix/store/x'], dependencies: [] },
  });
  expect(shared.activation).toMatchObject({
    command: ['/bin/web', 'a b'],
    createArguments: expect.arrayContaining(['/srv:/srv']),
  });
  expect(shared.files.find(({ path }) => path === 'web-docker-cmd')).toMatchObject({ text: "/bin/web 'a b'\n" });
  // The framework puts a text into the profile, too, and runs what the image says.
  const noted = direct({ dockerImage: '/x.tar', cmd: '/bin/web -x' });
  expect(noted.activation['command']).toEqual([]);
  expect(noted.files.find(({ path }) => path === 'web-docker-cmd')).toMatchObject({ text: '/bin/web -x\n' });
});

test('a description and an order are no reason to restart a process', () => {
  // One store: our own scripts are part of the command.
  const around = place();
  const { properties } = rendered({ description: 'One' }, {}, 0, around);
  expect(rendered({ description: 'Another' }, {}, 3, around).properties).toEqual(properties);
  expect(rendered({ environment: { A: 'b' } }, {}, 0, around).properties).not.toEqual(properties);
});

test('names that no container can have are refused', () => {
  expect(docker.nameProblem('web_1.a-B' as ProcessName)).toBeNull();
  expect(docker.nameProblem('web 1' as ProcessName)).toMatch(/letters/);
  expect(docker.nameProblem('w/1' as ProcessName)).toMatch(/letters/);
  expect(docker.nameProblem('w'.repeat(181) as ProcessName)).toMatch(/180/);
});

test('a process without anything to run is refused', () => {
  const process = managedProcess({ name: 'web' as ProcessName });
  expect(() => docker.translate(process, unitContext(process, place()))).toThrow('has nothing to run');
});
