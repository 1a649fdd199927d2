import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadBackend, managerNames, parseManagerName } from '../../src/backends/registry.js';
import { buildModel } from '../../src/profile/build-model.js';
import { loadHarnesses } from '../contract/harnesses.js';
import { createCheckout, nixDirectory, type Checkout } from './support/checkout.js';
import { filesOf } from './support/files.js';

jest.setTimeout(120_000);

const harnesses = await loadHarnesses();

let checkout: Checkout;
beforeAll(async () => {
  checkout = await createCheckout();
});
afterAll(() => checkout.remove());

const profileOf = async (file: string, manager: string): Promise<ReadonlyMap<string, string>> => {
  const { evaluator, fixtures } = checkout;
  const request = evaluator.requestFor(join(fixtures, file), { includePaths: [], manager });
  const { path, release } = await buildModel(request, null, evaluator.ports);
  const files = await filesOf(path);
  await release();
  return files;
};

/** What nix-build makes of the packages of some instances. */
const packagesOf = async (
  file: string,
  manager: string,
  instances: readonly string[],
): Promise<readonly ReadonlyMap<string, string>[]> => {
  const paths = await checkout.build(
    `let model = import ${join(checkout.fixtures, file)} { processManager = "${manager}"; }; in
     [ ${instances.map((instance) => `model.${instance}.pkg`).join(' ')} ]`,
  );
  return Promise.all(paths.map(filesOf));
};

test.each(managerNames)(
  'for %s, the package of an instance holds what the instance brings to the profile, byte by byte',
  async (manager) => {
    // One with a function as override, and one with dependencies of dependencies.
    const instances = ['webapp4', 'nginx2'];
    const packages = await packagesOf('webapps-advanced/processes.nix', manager, instances);
    const profile = await profileOf('webapps-advanced/processes.nix', manager);
    expect(packages).toHaveLength(2);
    packages.forEach((files, index) => {
      const name = instances[index] ?? '';
      const isAccount = (path: string): boolean => path.startsWith('dysnomia-support/');
      expect([...files.keys()].filter(isAccount)).toEqual(
        // Windows has no users for a process.
        manager === 'cygrunsrv' ? [] : [`dysnomia-support/groups/${name}`, `dysnomia-support/users/${name}`],
      );
      const own = [...files].filter(([path]) => !isAccount(path));
      expect(own.length).toBeGreaterThan(0);
      for (const [path, content] of own) {
        expect(path).toMatch(new RegExp(`(?:^|[/-]|[SK]\\d\\d|org\\.nixos\\.)${name}(?:[./-]|$)`));
        expect(`${path}: ${content}`).toBe(`${path}: ${profile.get(path)}`);
      }
    });
  },
);

test('an instance brings the files of its postInstall, and others may refer to them in its package', async () => {
  const [container, webapp] = await packagesOf('imports/interpolated-package/processes.nix', 'sysvinit', [
    'container',
    'webapp',
  ]);
  expect(container?.get('etc/dysnomia/containers/container')).toMatch(/^-> .*\/etc\/dysnomia\/containers\/container$/);
  const script = webapp?.get('etc/rc.d/init.d/webapp');
  const [, referred = ''] = /CONTAINERS=(\S+)\/etc\/dysnomia\/containers/.exec(script ?? '') ?? [];
  expect(await filesOf(referred)).toEqual(container);
});

test("a package's references are in the store, so that what it runs is kept with it", async () => {
  const [path = ''] = await checkout.build(
    `(import ${checkout.fixtures}/webapps/processes.nix { processManager = "systemd"; }).nginx.pkg`,
  );
  const { stdout } = await checkout.nix('nix-store', '--query', '--requisites', path);
  for (const name of ['nginx', 'nginx.conf', 'nginx-initialize']) {
    expect(stdout).toMatch(new RegExp(`-${name}(?:-host)?(?:\\.sh)?$`, 'm'));
  }
});

const withDefault = managerNames.filter((name) =>
  existsSync(join(nixDirectory, 'nixproc', 'backends', name, 'default.nix')),
);

test.each(withDefault)('the create functions of %s can be imported together by hand', async (manager) => {
  const { sleep } = harnesses.get(manager) ?? {};
  const { directFunction } = await loadBackend(parseManagerName(manager));
  const [create] = [directFunction].flat();
  const [path = ''] = await checkout.build(`
    let
      pkgs = import <nixpkgs> { };
      sleep = "\${pkgs.coreutils}/bin/sleep";
    in
    (import ${nixDirectory}/nixproc/backends/${manager} { inherit (pkgs) stdenv lib; }).${create} { name = "webapp"; ${sleep?.properties} }`);
  expect([...(await filesOf(path)).keys()].join('\n')).toContain('webapp');
});

test('directories that are not given follow from the state directory', async () => {
  const [path = ''] = await checkout.build(`
    import ${nixDirectory}/nixproc/create-managed-process/universal/create-managed-process-universal.nix
      { pkgs = import <nixpkgs> { }; processManager = "sysvinit"; stateDir = "/srv/state"; }
      { name = "webapp"; daemon = "/bin/webapp"; }`);
  const script = (await filesOf(path)).get('etc/rc.d/init.d/webapp');
  expect(script).toContain('nixproc_pid_file=/srv/state/run/webapp.pid');
});

test('nothing is built for the name of a package, nor for the type and the other instances of a model', async () => {
  const { exitCode, stdout } = await checkout.nix(
    ...([
      'nix-instantiate',
      '--eval',
      '--strict',
      '--json',
      '--option',
      'allow-import-from-derivation',
      'false',
    ] as const),
    ...[
      '-E',
      `let pkg = (import ${checkout.fixtures}/webapps/processes.nix { processManager = "systemd"; }).nginx.pkg; in
      { inherit (pkg) name type meta; }`,
    ],
  );
  expect({ exitCode, stdout: JSON.parse(stdout) as unknown }).toEqual({
    exitCode: 0,
    stdout: { name: 'nginx', type: 'derivation', meta: {} },
  });
});

test.each(managerNames)("%s's own create function, imported by hand, makes a package", async (manager) => {
  const { file, properties } = harnesses.get(manager)?.sleep ?? {};
  const framework = `${nixDirectory}/nixproc`;
  const [path = ''] = await checkout.build(`
    let
      pkgs = import <nixpkgs> { };
      sleep = "\${pkgs.coreutils}/bin/sleep";
      settings = { runtimeDir = "/srv/run"; logDir = "/srv/log"; tmpDir = "/srv/tmp"; forceDisableUserChange = true; };
      create = import ${framework}/backends/${manager}/${file} (settings // {
        inherit (pkgs) stdenv writeTextFile lib daemon;
        createCredentials = import ${framework}/create-credentials {
          inherit (pkgs) stdenv lib; inherit (settings) forceDisableUserChange; ids = { };
        };
        initFunctions = import ${framework}/backends/sysvinit/init-functions.nix {
          basePackages = [ pkgs.coreutils ]; inherit (pkgs) stdenv fetchurl; inherit (settings) runtimeDir;
        };
      });
    in
    create { name = "webapp"; ${properties} }`);
  const { stdout } = await checkout.nix('nix-store', '--query', '--requisites', path);
  const scripts = stdout.split('\n').filter((line) => /-(?:webapp-.*|run)$/.test(line));
  const texts = await Promise.all(scripts.map((script) => readFile(script, 'utf8')));
  const files = await filesOf(path);
  expect([...files.keys()].join('\n')).toContain('webapp');
  expect([...files.values(), ...texts].join('\n')).toContain('4711');
});
