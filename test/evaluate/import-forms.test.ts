import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cp, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { EvaluatedModel } from '../../src/evaluate/read-evaluation.js';
import { buildModel } from '../../src/profile/build-model.js';
import { createEvaluator, fixtures, instanceOf, managedOf, withoutHash, type Evaluator } from './support/evaluation.js';

let evaluator: Evaluator;
let withoutSandbox: Evaluator;
beforeAll(async () => {
  evaluator = await createEvaluator();
  withoutSandbox = await createEvaluator('sandbox = false');
});
afterAll(() => Promise.all([evaluator.remove(), withoutSandbox.remove()]));

/** What every form says about its instance "webapp". */
const expectWebapp = (evaluated: EvaluatedModel): void => {
  expect(instanceOf(evaluated, 'webapp')).toMatchObject({ name: 'webapp', port: 5000, declared: true });
  const { foreground } = managedOf(evaluated, 'webapp');
  expect(withoutHash(foreground?.executable ?? '')).toMatch(/^coreutils(-host)?\/bin\/sleep$/);
  expect(foreground?.args).toEqual(['5000']);
};

const forms = [
  { form: 'relative-path', instances: ['webapp'] },
  { form: 'string-path', instances: ['other', 'webapp'] },
  { form: 'store-copy', instances: ['webapp'] },
  { form: 'built-checkout', instances: ['webapp'] },
  { form: 'search-path', instances: ['other', 'webapp'] },
  { form: 'call-package', instances: ['nested', 'scope', 'set', 'webapp'] },
  { form: 'builtins-import', instances: ['mapped', 'scoped', 'webapp'] },
  { form: 'directory', instances: ['other', 'webapp'] },
  { form: 'curried-constructors', instances: ['database', 'extended', 'webapp'] },
  { form: 'interpolated-package', instances: ['container', 'webapp'] },
];
const packageSets = [
  // The stand-in builds with programs of this machine, which nobody knows; of host packages the evaluation knows it.
  { packages: 'nixpkgs', options: {}, using: () => withoutSandbox },
  { packages: 'host packages', options: { includePaths: [] }, using: () => evaluator },
];
const cases = forms.flatMap((form) =>
  ['sysvinit', 'supervisord'].flatMap((manager) =>
    packageSets.map((packageSet) => ({ ...form, manager, ...packageSet })),
  ),
);

test.each(cases)(
  '$form evaluates unedited for $manager with $packages',
  async ({ form, manager, instances, options, using }) => {
    const evaluated = await using().evaluate(`imports/${form}/processes.nix`, { manager, ...options });
    expectWebapp(evaluated);
    expect(evaluated.model.instances.map(({ instance }) => instance)).toEqual(instances);
  },
);

test('every form of the fixtures is tested', async () => {
  const others = ['nixpkgs', 'checkout', 'direct-functions'];
  const found = await readdir(join(fixtures, 'imports'));
  expect(found.filter((name) => !others.includes(name)).sort()).toEqual(forms.map(({ form }) => form).sort());
});

test("a manager's own create function takes arguments in the manager's words", async () => {
  const evaluated = await evaluator.evaluate('imports/direct-functions/processes.nix', { manager: 'sysvinit' });
  const { process, tools } = instanceOf(evaluated, 'webapp');
  expect(process).toMatchObject({
    kind: 'direct',
    manager: 'sysvinit',
    arguments: {
      name: 'webapp',
      args: [5000],
      processIsDaemon: false,
      runlevels: [3, 4, 5],
      credentials: {
        groups: { webapp: {} },
        users: { webapp: { group: 'webapp', description: 'Web application', uid: 2000 } },
      },
    },
  });
  expect(Object.keys(tools)).toEqual(expect.arrayContaining(['shell', 'coreutils', 'daemon', 'setpriv']));

  const other = await evaluator.evaluate('imports/direct-functions/processes.nix', { manager: 'supervisord' });
  expect(instanceOf(other, 'webapp').process).toMatchObject({ kind: 'direct', manager: 'supervisord' });
});

test("outer arguments of a manager's create function that say how a process is run go along", async () => {
  const evaluated = await evaluator.evaluateFiles({
    'processes.nix': `
      { pkgs, processManager }:
      let create = import ../nowhere/nixproc/backends/sysvinit/create-sysvinit-script.nix {
          inherit (pkgs) stdenv lib daemon;
          startDaemon = "my_start";
          supportedRunlevels = [ 2 3 ];
          runtimeDir = "/srv/run";
          unheardOf = x: x;
        };
      in { webapp.pkg = create { name = "webapp"; process = "/bin/webapp"; }; }`,
  });
  const { process, directories } = instanceOf(evaluated, 'webapp');
  expect(process).toMatchObject({
    arguments: {
      name: 'webapp',
      process: '/bin/webapp',
      outer: { startDaemon: 'my_start', supportedRunlevels: [2, 3] },
    },
  });
  expect(directories).toMatchObject({ runtimeDir: '/srv/run', logDir: '/var/log' });
});

test('a path to the framework that leads nowhere is said once, and the model evaluates', async () => {
  const { notes } = await evaluator.evaluate('imports/string-path/processes.nix');
  expect(notes).toHaveLength(1);
  expect(notes[0]).toMatch(/^the model's path to nix-processmgmt leads nowhere .*: using our own functions$/);
  expect((await evaluator.evaluate('imports/relative-path/processes.nix')).notes).toEqual([]);
});

test.each([
  ['builtins.fetchGit', '{ url = "file:///nowhere/nix-processmgmt.git"; ref = "master"; }'],
  ['builtins.fetchTarball', '"http://127.0.0.1:9/nix-processmgmt/archive/master.tar.gz"'],
  [
    'pkgs.fetchFromGitHub',
    '{ owner = "nobody"; repo = "nix-processmgmt"; rev = "none"; sha256 = "0000000000000000000000000000000000000000000000000000"; }',
  ],
  ['fetchTarball', '{ url = "file:///nowhere/nix-processmgmt/archive/master.tar.gz"; }'],
])('a framework that %s cannot fetch is our own, which is said', async (fetch, what) => {
  const evaluated = await evaluator.evaluateFiles(
    {
      'processes.nix': `
      { pkgs, processManager, stateDir ? "/var", runtimeDir ? "/run", logDir ? "/var/log", tmpDir ? "/tmp", forceDisableUserChange ? false }:
      let
        nix-processmgmt = ${fetch} ${what};
        create = import "\${nix-processmgmt}/nixproc/create-managed-process/universal/create-managed-process-universal.nix" {
          inherit pkgs processManager stateDir runtimeDir logDir tmpDir forceDisableUserChange;
        };
      in { webapp.pkg = create { name = "webapp"; process = "/bin/webapp"; }; }`,
    },
    { hostPackages: true },
  );
  expect(managedOf(evaluated, 'webapp').foreground?.executable).toBe('/bin/webapp');
  expect(evaluated.notes).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^the model's path to nix-processmgmt leads nowhere .*: using our own/),
    ]),
  );
});

test('a checkout that Git fetches is followed into the store', async () => {
  const checkout = join(evaluator.directory, 'checkout');
  await cp(join(fixtures, 'imports', 'checkout'), checkout, { recursive: true });
  const git = (...args: string[]) =>
    evaluator.run({
      file: 'git',
      args: ['-C', checkout, '-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args],
    });
  for (const args of [
    ['init', '-q'],
    ['add', '.'],
    ['commit', '-q', '-m', 'example'],
  ]) {
    expect(await git(...args)).toMatchObject({ exitCode: 0 });
  }
  expectWebapp(
    await evaluator.evaluate('imports/store-copy/processes.nix', {
      extraParams: `{ checkout = builtins.fetchGit { url = ${checkout}; }; }`,
    }),
  );
});

test('a model is followed through symbolic links', async () => {
  const link = join(evaluator.directory, 'linked');
  await symlink(join(fixtures, 'imports', 'directory'), link);
  expectWebapp(await evaluator.evaluate(join(link, 'processes.nix')));
});

test('a model that lies in the store is followed there', async () => {
  const { stdout } = await evaluator.run({
    file: 'nix-store',
    args: ['--add', join(fixtures, 'imports')],
  });
  expectWebapp(await evaluator.evaluate(join(stdout.trim(), 'directory', 'processes.nix')));
  expectWebapp(await evaluator.evaluate(join(stdout.trim(), 'string-path', 'processes.nix')));
});

test('files of a checkout with the framework itself are not read where we stand in for them', async () => {
  const evaluated = await evaluator.evaluateFiles({
    'models/processes.nix': `
      { pkgs, processManager, ... }:
      let create = import ../nixproc/create-managed-process/universal/create-managed-process-universal.nix { inherit pkgs; };
      in { webapp.pkg = create { name = "webapp"; process = "/bin/webapp"; }; }`,
    'nixproc/create-managed-process/universal/create-managed-process-universal.nix': 'throw "this is not for us"',
  });
  expect(managedOf(evaluated, 'webapp').foreground?.executable).toBe('/bin/webapp');
});

test('a user may have files whose names are like those of the framework', async () => {
  const evaluated = await evaluator.evaluateFiles({
    'processes.nix': `
      { pkgs, processManager, ... }:
      { webapp.pkg = import ./create-credentials { inherit pkgs; create = import ./init-functions.nix; }; }`,
    'create-credentials/default.nix': '{ pkgs, create }: create { inherit pkgs; }',
    'init-functions.nix': `{ pkgs }:
      import ../nowhere/nixproc/create-managed-process/universal/create-managed-process-universal.nix { inherit pkgs; }
        { name = "webapp"; process = "/bin/webapp"; }`,
  });
  expect(instanceOf(evaluated, 'webapp').process.kind).toBe('managed');
});

test("Nix' own search path entries and builtins stay what they are", async () => {
  const evaluated = await evaluator.evaluateFiles({
    'processes.nix': `
      { pkgs, processManager, ... }:
      let
        create = import ../nowhere/nixproc/create-managed-process/universal/create-managed-process-universal.nix { inherit pkgs; };
        fetch = import <nix/fetchurl.nix>;
      in
      { webapp.pkg = create {
          name = "webapp";
          process = "/bin/webapp";
          args = [ (builtins.isFunction fetch) (builtins ? langVersion) (builtins.builtins ? import) (import (builtins.toFile "n.nix" "1 + 1")) ];
        }; }`,
  });
  expect(managedOf(evaluated, 'webapp').foreground?.args).toEqual(['1', '1', '1', '2']);
});

const profileFiles = { sysvinit: 'etc/rc.d/init.d/webapp', supervisord: 'conf.d/webapp.conf' };

test.each(
  [...forms.map(({ form }) => form), 'direct-functions'].flatMap((form) =>
    Object.entries(profileFiles).map(([manager, file]) => ({ form, manager, file })),
  ),
)('$form builds unedited for $manager', async ({ form, manager, file }) => {
  const request = evaluator.requestFor(`imports/${form}/processes.nix`, { manager, includePaths: [] });
  const { path, release } = await buildModel(request, null, evaluator.ports);
  expect(await readFile(join(path, file), 'utf8')).toContain('5000');
  await release();
});
