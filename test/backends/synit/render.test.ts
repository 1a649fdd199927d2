import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { activationOf } from '../../../src/backends/synit/activation-data.js';
import { synit } from '../../../src/backends/synit/index.js';
import { isSymbol, type Dictionary, type PreservesRecord } from '../../../src/backends/synit/preserves.js';
import { readPreserves } from '../../../src/backends/synit/read-preserves.js';
import { isRoot } from '../../support/is-root.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { torture, tortureTimeout, type Load } from '../../support/torture-values.js';
import { heardFrom, tellingCommand } from '../support/telling-process.js';
import { assertionsOf, directDaemon, managedDaemon, type Properties } from './support/daemons.js';

jest.setTimeout(tortureTimeout);

let place: TemporaryDirectory;
beforeAll(async () => {
  place = await makeTemporaryDirectory();
});
afterAll(() => place.remove());

let generations = 0;
const surroundings = () => {
  const root = join(place.path, String((generations += 1)));
  mkdirSync(join(root, 'log'), { recursive: true });
  return { root };
};

const webapp = { executable: '/bin/webapp', args: [] };
const path = 'env: {"PATH": "/opt/tools/bin:/usr/bin"}';

describe('a daemon', () => {
  test('is asserted with the states of the daemons that it depends on', () => {
    const daemon = managedDaemon(
      { ...surroundings(), dependencies: ['db', '1st'], tools: {} },
      { name: 'web', description: 'The "web"', foreground: webapp, path: ['/opt/tools'], directory: '/srv' },
    );
    const lines = assertionsOf(daemon);
    expect(lines.slice(0, 4)).toEqual([
      '<metadata <daemon web> {description: "The \\"web\\""}>',
      '<require-service <daemon web>>',
      '<depends-on <daemon web> <service-state <daemon db> ready>>',
      '<depends-on <daemon web> <service-state <daemon |1st|> ready>>',
    ]);
    expect(lines.slice(4)).toEqual([
      expect.stringMatching(
        /^<daemon web \{argv: \["\/bin\/dash" "[^"]*-marked-start" "\/usr\/bin" "[^"]*\/run\/web" "\/bin\/dash" "[^"]*-web-launch"\] env: \{"PATH": .*\} dir: "\/srv"\}>$/,
      ),
    ]);
    expect(lines.at(-1)).toContain(path);
  });

  test('waits for its initialization, which waits for what the daemon depends on', () => {
    const lines = assertionsOf(
      managedDaemon(
        { ...surroundings(), dependencies: ['db'] },
        { name: 'web', foreground: webapp, initialize: 'mkdir -p /srv/web' },
      ),
    );
    expect(lines).toContain('<depends-on <daemon <initialize web>> <service-state <daemon db> ready>>');
    expect(lines).toContain('<depends-on <daemon web> <service-state <daemon <initialize web>> complete>>');
    expect(lines.find((line) => line.startsWith('<daemon <initialize web>'))).toMatch(
      /readyOnStart: #f restart: on-error\}>$/,
    );
  });

  test.each(['$x', 'a b', '', '.x', 'a/b'])('cannot be called %j', (name) => {
    expect(synit.nameProblem(name as never)).not.toBeNull();
  });
});

describe('createSynitDaemon', () => {
  test('takes all of its arguments', () => {
    const daemon = directDaemon(
      { ...surroundings(), dependencies: ['db'] },
      {
        name: 'web',
        description: 'web',
        environment: { N: 5 },
        directory: '/srv',
        path: ['/opt/tools'],
        process: '/bin/webapp',
        args: ['a', 1],
        'depends-on': ['<service-state <milestone network> up>', '<milestone |core one|>'],
        'require-service': false,
        clearEnv: true,
        readyOnStart: false,
        restart: 'on-error',
        protocol: 'none',
        user: 'www',
        umask: '027',
        nice: 5,
        initialize: 'true',
      },
    );
    const lines = assertionsOf(daemon);
    expect(lines).not.toContain('<require-service <daemon web>>');
    expect(lines).toContain('<depends-on <daemon web> <service-state <milestone network> up>>');
    expect(lines).toContain('<depends-on <daemon web> <service-state <milestone |core one|> ready>>');
    expect(lines.at(-1)).toMatch(/ dir: "\/srv" clearEnv: #t readyOnStart: #f restart: on-error protocol: none\}>$/);
    expect(daemon.rendered.properties).toMatchObject({
      process: '/bin/webapp',
      args: ['a', '1'],
      user: 'www',
      nice: 5,
    });
  });

  test.each([
    [{ runlevels: [3] }, 'runlevels'],
    [{ 'depends-on': ['<service-state <milestone network> up'] }, 'depends-on'],
    [{ 'depends-on': ['network'] }, 'depends-on'],
    [{ 'depends-on': ['<service-state x>'] }, 'depends-on'],
    [{ restart: 'sometimes' }, 'restart'],
    [{ protocol: 'http' }, 'protocol'],
    [{ process: null }, 'process'],
  ])('refuses %j by name', (wrong, name) => {
    expect(() => directDaemon(surroundings(), { name: 'x', process: '/bin/x', ...wrong })).toThrow(
      `Process instance "x" has an argument that synit cannot take: ${name}`,
    );
  });
});

/** syndicate-server's own part: the words and variables of an assertion become a process. */
const startDaemon = (load: Load, properties: Properties) => {
  const daemon = managedDaemon(surroundings(), {
    ...properties,
    name: load.name,
    foreground: tellingCommand(load.args),
    environment: load.environment,
  });
  const [, specification] = (readPreserves(assertionsOf(daemon).at(-1) ?? '') as PreservesRecord).fields;
  const entries = new Map(
    (specification as Dictionary).entries.map(([key, value]) => [isSymbol(key) ? key.name : '', value]),
  );
  const [program = '', ...args] = entries.get('argv') as readonly string[];
  const environment = Object.fromEntries((entries.get('env') as Dictionary).entries) as Record<string, string>;
  execFileSync(program, args, { env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
  return heardFrom(readFileSync(activationOf(daemon.unit).logFile));
};

test.each([
  ['directly', {}],
  ['with a script’s help', { nice: 1, umask: '027', initialize: ':' }],
  ...(isRoot ? [['as another user', { user: 'nobody' }] as const] : []),
])('every value reaches a process that is started %s', async (way, properties) => {
  await torture({
    way: `synit, ${way}`,
    backend: synit,
    deliver: (loads) => Promise.resolve(loads.map((load) => startDaemon(load, properties))),
  });
});
