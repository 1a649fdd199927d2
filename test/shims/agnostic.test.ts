import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { managerNames } from '../../src/backends/registry.js';
import { runCli } from '../../src/cli/run-cli.js';
import { createCheckout, nixDirectory, type Checkout } from './support/checkout.js';
import { filesOf } from './support/files.js';

jest.setTimeout(120_000);

let checkout: Checkout;
/** The configurations of the web applications and of the proxy in front of them, which are for no process manager. */
let configurations: readonly string[];
let proxy: string;
beforeAll(async () => {
  checkout = await createCheckout();
  configurations = await checkout.build(
    `let model = import ${checkout.fixtures}/webapps/processes.nix { processManager = null; }; in
     [ model.webapp1.pkg model.nginx.pkg ]`,
  );
  proxy = join(configurations[1] ?? '', 'nginx.json');
});
afterAll(() => checkout.remove());

/** What the command prints, or says when it fails. */
const generate = async (...args: readonly string[]): Promise<string> => {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    jest.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[stream] += String(text);
      return true;
    }),
  );
  try {
    const exitCode = await runCli(
      ['generate-config', '--no-out-link', '--offline', ...args],
      checkout.evaluator.env,
      '0',
    );
    if (exitCode !== 0) throw new Error(written.stderr);
    return written.stdout.trim();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
};

const json = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'));

test('a process without a process manager becomes NAME.json with the properties it was given', async () => {
  const [webapp1 = ''] = configurations;
  expect([...(await filesOf(webapp1)).keys()]).toEqual(['webapp1.json']);
  expect(await json(join(webapp1, 'webapp1.json'))).toMatchObject({
    instanceName: 'webapp1',
    process: expect.stringMatching(/-webapp\/bin\/webapp$/),
    daemonArgs: ['-D'],
    environment: { PORT: '15000', MESSAGE: 'Hello from the first web application', PID_FILE: '/tmp/webapp1.pid' },
    user: 'webapp1',
    credentials: { groups: { webapp1: { gid: 2001 } }, users: { webapp1: { group: 'webapp1', uid: 2001 } } },
    overrides: { sysvinit: { runlevels: [3, 4, 5] } },
    dependencies: [],
  });
  expect(await json(proxy)).toMatchObject({
    instanceName: 'nginx',
    dependencies: [join(webapp1, 'webapp1.json'), expect.stringMatching(/-webapp2\/webapp2\.json$/)],
  });
});

test.each(managerNames)(
  'generate-config makes for %s what the instance brings to a profile, with its references, and so does nix-build',
  async (manager) => {
    const [fromModel = '', fromConfiguration = ''] = await checkout.build(`
      [ (import ${checkout.fixtures}/webapps/processes.nix { processManager = "${manager}"; }).nginx.pkg
        (import ${nixDirectory}/nixproc/create-managed-process/agnostic/create-managed-process-from-config.nix {
          configFile = "${proxy}"; processManager = "${manager}";
        }) ]`);
    const generated = await generate('-P', manager, proxy);
    expect(generated).toBe(fromConfiguration);
    // The package of the model knows the models' own default of the runtime directory; all else is the same.
    expect([...(await filesOf(generated)).keys()]).toEqual([...(await filesOf(fromModel)).keys()]);
    const { stdout } = await checkout.nix('nix-store', '--query', '--requisites', generated);
    expect(stdout).toMatch(/-nginx-host$/m);
    expect(stdout).toMatch(/-nginx\.conf$/m);
  },
);

test('every directory can be chosen, and user changes can be disabled', async () => {
  const script = async (...options: readonly string[]): Promise<string> => {
    const files = await filesOf(
      await generate('-P', 'sysvinit', ...options, join(configurations[0] ?? '', 'webapp1.json')),
    );
    return [...files].flat().join('\n');
  };
  const usual = await script();
  expect(usual).toContain('dysnomia-support/users/webapp1');
  expect(usual).not.toContain('/srv/');
  const other = await script(
    '--log-dir=/srv/log',
    '--runtime-dir=/srv/run',
    '--tmp-dir=/srv/tmp',
    '--force-disable-user-change',
  );
  expect(other).not.toContain('dysnomia-support');
  expect(other).toContain('/srv/run');
  expect(await script('--state-dir=/srv/state', '--force-disable-user-change')).toContain('/srv/state/run');
});

test('another createManagedProcess can be used in the place of ours, and may itself use ours', async () => {
  const directory = join(checkout.evaluator.directory, 'own');
  await mkdir(directory, { recursive: true });
  const file = join(directory, 'create.nix');
  await writeFile(
    file,
    `{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }@outer:
     properties: import ../nowhere/nixproc/create-managed-process/universal/create-managed-process-universal.nix outer
       (properties // { environment = properties.environment or { } // { WHERE = runtimeDir; }; })`,
  );
  const path = await generate(
    ...(['-P', 'systemd', '--create-managed-process-expr', file] as const),
    ...(['--runtime-dir', '/srv/run', proxy] as const),
  );
  const unit = (await filesOf(path)).get('etc/systemd/system/nix-process-nginx.service');
  expect(unit).toContain('Environment=WHERE=/srv/run\n');
});

test('a dependency that is an ordinary package is one again', async () => {
  const [path = ''] = await checkout.build(`
    let pkgs = import <nixpkgs> { }; create = import ${nixDirectory}/nixproc/create-managed-process/universal/create-managed-process-universal.nix { inherit pkgs; };
    in create { name = "webapp"; process = "/bin/webapp"; dependencies = [ (pkgs.writeTextFile { name = "other"; text = "other"; destination = "/other"; }) ]; }`);
  const [unit = ''] = await checkout.build(
    `import ${nixDirectory}/nixproc/create-managed-process/agnostic/create-managed-process-from-config.nix {
       configFile = ${path}/webapp.json; processManager = "systemd"; }`,
  );
  expect((await filesOf(unit)).get('etc/systemd/system/nix-process-webapp.service')).toContain('other');
});

test('a password gets neither into a configuration nor into what is made of it', async () => {
  const credentials = 'users.webapp = { group = "webapp"; password = "it-is-a-secret"; }; groups.webapp = { }';
  const [configuration = '', unit = ''] = await checkout.build(`
    let create = processManager: import ${nixDirectory}/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
      inherit processManager; pkgs = import <nixpkgs> { };
    } { name = "webapp"; process = "/bin/webapp"; credentials = { ${credentials}; }; };
    in [ (create null) (create "systemd") ]`);
  const generated = await generate('-P', 'systemd', join(configuration, 'webapp.json'));
  expect([...(await filesOf(unit)).keys()]).toContain('dysnomia-support/users/webapp');
  for (const path of [configuration, unit, generated]) {
    expect([...(await filesOf(path)).values()].join('\n')).not.toContain('it-is-a-secret');
  }
});

test('an override that is a function cannot become a configuration, and says so', async () => {
  await expect(
    checkout.build(
      `(import ${checkout.fixtures}/webapps-advanced/processes.nix { processManager = null; }).webapp4.pkg`,
    ),
  ).rejects.toThrow('The override of process "webapp4" for supervisord in its configuration file is a function');
});

test('a file that is no configuration is refused with the way to make one', async () => {
  const refused = generate('-P', 'systemd', join(checkout.fixtures, 'webapps', 'processes.nix'));
  await expect(refused).rejects.toThrow(
    /processes\.nix is not a JSON object\n.*nix-build processes\.nix --arg processManager null/,
  );
  await expect(generate('-P', 'systemd', '/nowhere/webapp.json')).rejects.toThrow(
    '/nowhere/webapp.json cannot be read',
  );
});
