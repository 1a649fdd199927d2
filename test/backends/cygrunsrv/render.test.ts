import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { argumentLine } from '../../../src/backends/cygrunsrv/argument-line.js';
import { cygrunsrv } from '../../../src/backends/cygrunsrv/index.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { torture, tortureTimeout, type Load } from '../../support/torture-values.js';
import { managedProcess, unitContext } from '../support/render-unit.js';
import { heardFrom, tellingCommand } from '../support/telling-process.js';
import {
  directService,
  managedService,
  parametersOf,
  splitArguments,
  valuesOf,
  type Properties,
} from './support/services.js';

jest.setTimeout(tortureTimeout);

let place: TemporaryDirectory;
beforeAll(async () => {
  place = await makeTemporaryDirectory();
});
afterAll(() => place.remove());

let generations = 0;
const root = (): string => `${place.path}/${(generations += 1)}`;

const webapp = { executable: '/bin/webapp', args: ['--port', '5000'] };

describe('a service', () => {
  test('is described by the parameters that cygrunsrv is called with, one a line', () => {
    const service = managedService(
      root(),
      {
        name: 'webapp',
        description: 'Web application',
        foreground: webapp,
        environment: { MESSAGE: "it's me" },
        path: ['/opt/tools'],
        user: 'www',
      },
      { dependencies: ['db'], directories: { logDir: '/var/log' } },
    );
    expect(parametersOf(service)).toEqual([
      ...['--path', '/bin/webapp', '--disp', 'nix-process-webapp', '--desc', 'Web application'],
      ...['--args', '--port 5000', '--env', "MESSAGE=it's me", '--env', 'PATH=/opt/tools/bin', '--user', 'www'],
      ...['--stdout', '/var/log/nixproc-webapp.log', '--stderr', '/var/log/nixproc-webapp.log'],
      ...['--dep', 'nix-process-db'],
    ]);
    expect(service.unit.activation).toMatchObject({ service: 'nix-process-webapp', user: 'www' });
  });

  test('is prepared by a script where cygrunsrv has no word for it', () => {
    const parameters = parametersOf(
      managedService(root(), { foreground: webapp, directory: '/srv', umask: '027', nice: 5, initialize: 'true' }),
    );
    expect(valuesOf(parameters, '--path')).toEqual(['/bin/dash']);
    expect(valuesOf(parameters, '--args')).toEqual([expect.stringMatching(/-launch$/)]);
  });

  test('runs as the system when user changes are disabled', () => {
    const service = directService(root(), { name: 'x', path: '/bin/x', user: 'www' }, { forceDisableUserChange: true });
    expect(parametersOf(service)).not.toContain('--user');
  });

  test('says what Windows will not do for it', () => {
    const dependencies = Array.from({ length: 17 }, (_, index) => `d${index}`);
    const process = managedProcess({
      foreground: webapp,
      user: 'www',
      initialize: 'true',
      credentials: { groups: [{ name: 'www', gid: null, attributes: {} }], users: [] },
    });
    const { unsupported } = cygrunsrv.translate(process, unitContext(process, { root: root(), dependencies }));
    expect(unsupported).toEqual([
      'runs initialize as www as well, since a Windows service has one user',
      'makes no users and groups: those of the model have to be accounts of Windows already',
      'can name 16 dependencies only: Windows does not wait for the others when it starts',
    ]);
  });
});

describe('createCygrunsrvParams', () => {
  test('takes all of its arguments', () => {
    const parameters = parametersOf(
      directService(
        root(),
        {
          name: 'x',
          displayName: 'The X service',
          description: 'X',
          path: '/bin/x',
          args: ['a b', 1, true],
          environment: { N: 5 },
          environmentPath: ['/opt/a', '/opt/b'],
          type: 'manual',
          user: 'www',
          stdin: '/dev/null',
          stdout: '/var/log/x.out',
          stderr: '/var/log/x.err',
          terminateSignal: '-SIGQUIT',
          terminateOnShutdown: true,
          dependencies: ['db', 'Tcpip'],
          outer: { prefix: 'my-' },
        },
        { dependencies: ['db'], others: { db: { name: 'db', outer: { prefix: 'their-' } } } },
      ),
    );
    expect(parameters).toEqual([
      ...['--path', '/bin/x', '--disp', 'The X service', '--desc', 'X', '--type', 'manual', '--args', "'a b' 1 1"],
      ...['--env', 'N=5', '--env', 'PATH=/opt/a/bin:/opt/b/bin', '--user', 'www', '--stdin', '/dev/null'],
      ...['--stdout', '/var/log/x.out', '--stderr', '/var/log/x.err', '--termsig', 'QUIT', '--shutdown'],
      ...['--dep', 'their-db', '--dep', 'Tcpip'],
    ]);
  });

  test('refuses a password, and does not repeat it', () => {
    const refused = (): unknown => directService(root(), { name: 'x', path: '/bin/x', password: 'secret' });
    expect(refused).toThrow(/cannot take: password/);
    expect(refused).not.toThrow(/secret/);
  });

  test.each([
    [{ priority: 1 }, 'priority'],
    [{ type: 'boot' }, 'type'],
    [{ path: 'bin/x' }, 'path'],
    [{ path: 'C:\\x.exe' }, 'path'],
    [{ environment: { 'a=b': '' } }, 'environment.a=b'],
    [{ stdout: '/log/\n' }, 'stdout'],
    [{ displayName: 'a\nb' }, 'displayName'],
    [{ terminateSignal: 'stop it' }, 'terminateSignal'],
  ])('refuses %j by name', (wrong, name) => {
    expect(() => directService(root(), { name: 'x', path: '/bin/x', ...wrong })).toThrow(
      `Process instance "x" has an argument that cygrunsrv cannot take: ${name}`,
    );
  });
});

test('an argument line means to cygrunsrv what was meant, or is not written', () => {
  const part = fc.constantFrom(...Array.from('ab \'"\\$-'), '', '\n', 'ä', 'word');
  const word = fc.array(part, { maxLength: 4 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 5 }), (words) => {
      const line = argumentLine(words);
      if (line === null)
        expect(words.some((text) => /[^ -~]/.test(text) || (text.includes("'") && text.includes('"')))).toBe(true);
      else expect(splitArguments(line)).toEqual(words);
    }),
    { numRuns: 2000 },
  );
});

test.each(['a/b', 'a b', '', 'x'.repeat(201)])('the name %j is refused', (name) => {
  expect(cygrunsrv.nameProblem(name as never)).not.toBeNull();
});

/** cygrunsrv's own part: the registry's entries become a process. It has its own variables and adds /bin to PATH. */
const startService = (load: Load, properties: Properties) => {
  const parameters = parametersOf(
    managedService(root(), {
      ...properties,
      name: load.name,
      foreground: tellingCommand(load.args),
      environment: load.environment,
    }),
  );
  const [program = ''] = valuesOf(parameters, '--path');
  const args = valuesOf(parameters, '--args').flatMap(splitArguments);
  const env = valuesOf(parameters, '--env').map((entry): [string, string] => {
    const at = entry.indexOf('=');
    return [entry.slice(0, at), entry.slice(at + 1)];
  });
  const inherited: Record<string, string> = { SYSTEMROOT: 'C:\\Windows', PATH: '/bin' };
  return heardFrom(
    execFileSync(program, args, { env: { ...inherited, ...Object.fromEntries(env) }, maxBuffer: 1 << 28 }),
  );
};

test.each([
  ['directly', {}],
  ['after an initialization', { initialize: ':' }],
])('every value reaches a process that is started %s', async (way, properties) => {
  await torture({
    way: `cygrunsrv, ${way}`,
    backend: cygrunsrv,
    deliver: (loads) => Promise.resolve(loads.map((load) => startService(load, properties))),
  });
});

test('variables that the registry, or a shell, would confuse reach the process too', () => {
  const environment = { Path_: '1', PATH_: '2', LC_ALL: 'C', IFS: 'x', 'with-dash': '1', PLAIN: 'text' };
  expect(startService({ name: 'x', args: [], environment }, {}).environment).toMatchObject(environment);
  expect(startService({ name: 'x', args: [], environment }, { nice: 1 }).environment).toMatchObject(environment);
});
