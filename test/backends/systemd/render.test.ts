import { expect, test } from '@jest/globals';
import { systemd } from '../../../src/backends/systemd/index.js';
import type { ProcessName } from '../../../src/model/process-model.js';
import { ModelError } from '../../../src/system/errors.js';
import type { JsonObject } from '../../../src/system/json.js';
import { makeTemporaryDirectory } from '../../support/temporary-directory.js';
import {
  managedProcess,
  renderDirect,
  renderManaged,
  type UnitOnDisk,
  type UnitSurroundings,
} from '../support/render-unit.js';

const withRoot = async <Result>(work: (root: string) => Result): Promise<Result> => {
  const { path, remove } = await makeTemporaryDirectory();
  try {
    return work(path);
  } finally {
    await remove();
  }
};

const direct = (args: JsonObject, surroundings: Partial<UnitSurroundings> = {}): Promise<UnitOnDisk> =>
  withRoot((root) =>
    renderDirect(
      systemd,
      { name: 'service', ...args },
      { root, tools: { shell: '/bin/sh', coreutils: '/c', gnused: '/s', gnugrep: '/g' }, ...surroundings },
    ),
  );

const service = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  Service: { ExecStart: '/bin/x', ...properties },
  ...more,
});

const texts = ({ rendered }: UnitOnDisk): Readonly<Record<string, string>> =>
  Object.fromEntries(
    rendered.files.map((file) => [
      file.path.replace('etc/systemd/system/', ''),
      file.kind === 'file' ? file.text : `-> ${file.target}`,
    ]),
  );

test('a PID file is told only where the model names one', async () => {
  const propertiesOf = (namesPidFile: boolean) =>
    withRoot((root) => {
      const daemon = { executable: '/bin/x', args: [] };
      return renderManaged(systemd, managedProcess({ daemon, pidFile: '/run/x.pid', namesPidFile }), { root }).rendered
        .properties;
    });
  expect(await propertiesOf(true)).toMatchObject({ Service: { Type: 'forking', PIDFile: '/run/x.pid' } });
  expect((await propertiesOf(false))['Service']).toEqual({ ExecStart: '/bin/x', Type: 'forking', IgnoreSIGPIPE: 'no' });
});

test('a unit has its sections, PATH first among the variables, and the dependencies', async () => {
  const unit = await direct(
    service(
      {},
      { environment: { B: 'x y', A: 1 }, path: ['/p'], Unit: { After: 'other.target' }, 'X-Mine': { Any: 1 } },
    ),
    { dependencies: ['first', 'a b'] },
  );
  expect(texts(unit)).toEqual({
    'nix-process-service.service': `[Unit]
After=other.target
After=nix-process-a\\x20b.service
After=nix-process-first.service
Wants=nix-process-a\\x20b.service
Wants=nix-process-first.service

[Service]
Environment=A=1
Environment="B=x y"
Environment=PATH=/c/bin:/s/bin:/g/bin:/p/bin
ExecStart=/bin/x

[X-Mine]
Any=1
`,
    'nix-process-service.service.wants/nix-process-a\\x20b.service': '-> ../nix-process-a\\x20b.service',
    'nix-process-service.service.wants/nix-process-first.service': '-> ../nix-process-first.service',
  });
});

test('values become text as in NixOS: a line for each element, true and false in words, null left out', async () => {
  const unit = await direct(
    service({
      ExecStartPre: ['', '/bin/a', ['/bin/b', 'c']],
      Nice: 5,
      PrivateTmp: true,
      RemainAfterExit: false,
      User: null,
      StateDirectory: [],
    }),
  );
  expect(texts(unit)['nix-process-service.service']).toContain(
    'ExecStart=/bin/x\nExecStartPre=\nExecStartPre=/bin/a\nExecStartPre=/bin/b c\nNice=5\nPrivateTmp=true\nRemainAfterExit=false\n',
  );
});

test('a name may bring the beginning of its value, and adds to the property that it is of', async () => {
  const unit = await direct(service({ Environment: 'A=b', 'Environment=IN_SYSTEMD': '1', 'Environment=X': [1, 2] }));
  expect(Object.values(texts(unit)).join('')).toContain(
    'Environment=A=b\nEnvironment=IN_SYSTEMD=1\nEnvironment=X=1\nEnvironment=X=2\n',
  );
});

test('a value of several lines is left alone when systemd takes it for one, and its last line ends the property', async () => {
  const unit = await direct(service({ ExecStart: '/bin/x \\\n  y\n', Nice: '5\\' }));
  expect(texts(unit)['nix-process-service.service']).toContain('ExecStart=/bin/x \\\n  y\nNice=5\\ \n');
});

test('an environment with PATH replaces what is generated', async () => {
  const unit = await direct(service({}, { environment: { PATH: '/mine' } }));
  expect(texts(unit)['nix-process-service.service']).toContain('[Service]\nEnvironment=PATH=/mine\nExecStart');
});

test('outer arguments change the names of units and what goes on PATH first', async () => {
  const outer = { prefix: 'site-', basePackages: ['/base'] };
  const unit = await direct(service({}, { outer, path: ['/p'] }), {
    dependencies: ['other', 'plain'],
    others: { other: { outer: { prefix: 'their-' } } },
  });
  expect(Object.keys(texts(unit))).toEqual([
    'site-service.service',
    'site-service.service.wants/nix-process-plain.service',
    'site-service.service.wants/their-other.service',
  ]);
  expect(texts(unit)['site-service.service']).toContain('Environment=PATH=/base/bin:/p/bin\n');
});

test('a section of another type becomes a unit beside the service, which is started in its place', async () => {
  const unit = await direct(
    service(
      {},
      { Unit: { Description: 'Job' }, Timer: { OnCalendar: ['daily', '12:00'] }, Path: { PathExists: '/x' } },
    ),
  );
  expect(texts(unit)).toMatchObject({
    'nix-process-service.service': expect.not.stringContaining('Timer'),
    'nix-process-service.timer': '[Unit]\nDescription=Job (timer)\n\n[Timer]\nOnCalendar=daily\nOnCalendar=12:00\n',
    'nix-process-service.path': '[Unit]\nDescription=Job (path)\n\n[Path]\nPathExists=/x\n',
  });
  expect(unit.unit.activation['started']).toEqual(['nix-process-service.timer', 'nix-process-service.path']);
});

test('a dependency is wanted by the units that it is started with', async () => {
  const unit = await direct(service({}), {
    dependencies: ['socket', 'both', 'slice'],
    others: {
      socket: service({}, { Socket: { ListenStream: 80 } }),
      both: service({}, { Socket: { ListenStream: 81 }, Unit: { 'X-NotSocketActivated': true } }),
      slice: { unitType: 'slice' },
    },
  });
  expect(Object.keys(texts(unit)).slice(1)).toEqual(
    ['both.service', 'both.socket', 'slice.slice', 'socket.socket'].map(
      (name) => `nix-process-service.service.wants/nix-process-${name}`,
    ),
  );
});

test('a process can be a unit of another type', async () => {
  const unit = await direct({ unitType: 'slice', Slice: { CPUWeight: 50 }, Unit: { Description: 'Work' } });
  expect(texts(unit)).toEqual({
    'nix-process-service.slice': '[Unit]\nDescription=Work\n\n[Slice]\nCPUWeight=50\n',
  });
});

test('without user changes nothing switches the user', async () => {
  const args = service({ User: 'u', Group: 'g', SupplementaryGroups: ['a'], DynamicUser: true, Nice: 1 });
  const unit = await direct(args, { forceDisableUserChange: true });
  expect(texts(unit)['nix-process-service.service']).toMatch(/ExecStart=\/bin\/x\nNice=1\n$/);
  expect(unit.unit.activation['user']).toBeNull();
});

test('[Install] becomes links of ours', async () => {
  const unit = await direct(
    service({}, { Install: { WantedBy: 'a.target b.target', RequiredBy: ['c.service'], Alias: ['web.service'] } }),
  );
  expect(unit.unit.activation['installLinks']).toEqual({
    'a.target.wants/nix-process-service.service': 'nix-process-service.service',
    'b.target.wants/nix-process-service.service': 'nix-process-service.service',
    'c.service.requires/nix-process-service.service': 'nix-process-service.service',
    'web.service': 'nix-process-service.service',
  });
});

test('what a change is judged by leaves out words, order and policy, and has the variables as they are', async () => {
  const unit = await direct(
    service(
      { 'X-StopIfChanged': false },
      {
        environment: { PATH: '/p', ODD: '\u0001' },
        Unit: {
          Description: 'd',
          After: 'x',
          Wants: 'x',
          OnFailure: 'y.service',
          Requires: 'z.service',
          'X-RestartIfChanged': true,
        },
        Install: { WantedBy: 'a.target' },
      },
    ),
  );
  expect(unit.unit.properties).toEqual({
    Unit: { Requires: 'z.service' },
    Service: { ExecStart: '/bin/x' },
    environment: { PATH: '/p', ODD: '\u0001' },
  });
});

test('a reload trigger is judged apart where there is a reload command', async () => {
  const trigger = { Unit: { 'X-Reload-Triggers': ['/a', '/b'] } };
  const able = await direct(service({ ExecReload: '/bin/reload' }, trigger));
  expect(able.unit.reloadProperties).toEqual({ 'X-Reload-Triggers': ['/a', '/b'] });
  expect(able.unit.properties).not.toHaveProperty('X-Reload-Triggers');
  const unable = await direct(service({}, trigger));
  expect(unable.unit.reloadProperties).toBeUndefined();
  expect(unable.unit.properties).toMatchObject({ 'X-Reload-Triggers': ['/a', '/b'] });
});

test('overrides of a managed process are merged into its sections', async () => {
  const { rendered } = await withRoot((root) =>
    renderManaged(
      systemd,
      managedProcess({ name: 'web' as ProcessName, foreground: { executable: '/bin/web', args: ['a b'] } }),
      { root },
      { overrides: { Service: { Restart: 'always', Type: null }, Unit: { StartLimitBurst: 3 } } },
    ),
  );
  const [file] = rendered.files;
  expect(file?.kind === 'file' ? file.text : '').toMatch(
    /^\[Unit\]\nDescription=web\nStartLimitBurst=3\n\n\[Service\]\n(?:Environment=.*\n)+ExecStart=\/bin\/web "a b"\nIgnoreSIGPIPE=no\nRestart=always\n$/,
  );
});

test.each<[string, JsonObject, string]>([
  ['an unknown argument', service({}, { comand: '/bin/x' }), 'comand'],
  ['an unknown section', service({}, { Servce: {} }), 'Servce'],
  ['a section of a unit that cannot be beside it', service({}, { Mount: {} }), 'Mount'],
  ['a service of a timer', { unitType: 'timer', Timer: {}, Service: {} }, 'Service'],
  ['an unknown type', { unitType: 'mount' }, 'unitType'],
  ['variables of what runs nothing', { unitType: 'slice', environment: { A: 'b' } }, 'environment'],
  ['a service that does nothing', { Service: { Type: 'exec' } }, 'Service.ExecStart'],
  ['an attribute set as a value', service({ Nice: {} }), 'Service.Nice'],
  ['a line feed in a value', service({ ExecStartPre: '/bin/a\nExecStart=/bin/b' }), 'Service.ExecStartPre'],
  ['a name that is none of a property', service({ 'A=B\n': 'x' }), 'Service.A=B'],
  ['a path that is no list', service({}, { path: '/p' }), 'path'],
  ['a variable without a name', service({}, { environment: { '': 'x' } }), 'environment'],
  ['an attribute set as a variable', service({}, { environment: { A: {} } }), 'environment.A'],
  ['credentials that are none', service({}, { credentials: [] }), 'credentials'],
  ['what only systemctl enable understands', service({}, { Install: { Also: 'x.service' } }), 'Install.Also'],
  ['what is the name of no unit', service({}, { Install: { WantedBy: 'multi-user' } }), 'Install.WantedBy'],
  ['a prefix that no name can have', service({}, { outer: { prefix: 'a b' } }), 'a b'],
  ['a line that is too long', service({ ExecStartPre: `/bin/x ${'a'.repeat(1024 * 1024)}` }), 'ExecStartPre'],
  [
    'an odd variable with a command that no script can precede',
    service({ ExecStart: '@/bin/x y' }, { environment: { 'A-B': 'c' } }),
    'environment.A-B',
  ],
  [
    'an odd variable with several commands',
    service({ ExecStart: '/bin/x ; /bin/y' }, { environment: { 'A-B': 'c' } }),
    'environment.A-B',
  ],
])('%s is refused with a message that names it', async (_, args, place) => {
  const failure: unknown = await direct(args).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ModelError);
  expect(failure instanceof ModelError && `${failure.message}\n${failure.why ?? ''}`).toContain(place);
});

test.each([
  ['web', null],
  ['web app/ü"%', null],
  ['', 'It is empty'],
  ['x'.repeat(229), null],
  ['x'.repeat(230), expect.stringContaining('too long')],
  ['ü'.repeat(29), expect.stringContaining('too long')],
])('the name %j can be that of a unit, or it is said why not', (name, problem) => {
  expect(systemd.nameProblem(name as ProcessName)).toEqual(problem);
});
