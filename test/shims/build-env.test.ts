import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { managerNames } from '../../src/backends/registry.js';
import { buildModel } from '../../src/profile/build-model.js';
import type { Options } from '../evaluate/support/evaluation.js';
import { createCheckout, nixDirectory, type Checkout } from './support/checkout.js';
import { filesOf } from './support/files.js';

jest.setTimeout(120_000);

let checkout: Checkout;
beforeAll(async () => {
  checkout = await createCheckout();
});
afterAll(() => checkout.remove());

/** The store path that our command gives. */
const built = async (file: string, options: Options): Promise<string> => {
  const { evaluator, fixtures } = checkout;
  const request = evaluator.requestFor(join(fixtures, file), { includePaths: [], ...options });
  const { path, release } = await buildModel(request, null, evaluator.ports);
  await release();
  return path;
};

const environment = (manager: string): string =>
  join(nixDirectory, 'nixproc', 'backends', manager, `build-${manager}-env.nix`);

/** The store path that nix-build gives, with host packages as our command has them here. */
const nixBuilt = async (manager: string, file: string, ...args: readonly string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await checkout.nix(
    'nix-build',
    ...['--no-out-link', environment(manager), '--arg', 'hostPackages', 'true'],
    ...['--argstr', 'exprFile', join(checkout.fixtures, file), ...args],
  );
  if (exitCode !== 0) throw new Error(stderr);
  return stdout.trim();
};

test.each(managerNames)(
  'nix-build of the environment for %s gives the very store path that build gives',
  async (manager) => {
    for (const file of ['webapps/processes.nix', 'webapps-advanced/processes.nix']) {
      expect(await nixBuilt(manager, file)).toBe(await built(file, { manager }));
    }
  },
);

test.each(managerNames)('a package made without the framework is in both for %s', async (manager) => {
  const [path = ''] = await checkout.build(
    `(import ${checkout.fixtures}/imports/relative-path/processes.nix { processManager = "${manager}"; }).webapp.pkg`,
  );
  const file = `foreign-${manager}.nix`;
  await writeFile(
    join(checkout.fixtures, file),
    `{ pkgs, processManager }: { webapp.pkg = { name = "foreign"; outPath = builtins.storePath ${path}; }; }`,
  );
  const profile = await nixBuilt(manager, file);
  expect(profile).toBe(await built(file, { manager }));
  expect([...(await filesOf(profile)).keys()]).toEqual(expect.arrayContaining([...(await filesOf(path)).keys()]));
});

test('the environment takes every option that build takes', async () => {
  const directories = {
    stateDir: '/srv/state',
    runtimeDir: '/srv/run',
    logDir: '/srv/log',
    tmpDir: '/srv/tmp',
    cacheDir: '/srv/cache',
    spoolDir: '/srv/spool',
    lockDir: '/srv/lock',
    libDir: '/srv/lib',
  };
  const extraParams = '{ portOffset = 7; messages.webapp1 = "one $ \\" 100%"; }';
  const file = 'webapps/processes.nix';
  const ours = await built(file, {
    manager: 'sysvinit',
    settings: { ...directories, forceDisableUserChange: true },
    extraParams,
  });
  const theirs = await nixBuilt(
    ...(['sysvinit', file] as const),
    ...Object.entries(directories).flatMap(([name, path]) => ['--argstr', name, path]),
    ...['--arg', 'forceDisableUserChange', 'true', '--arg', 'extraParams', extraParams],
  );
  expect(theirs).toBe(ours);
  expect(theirs).not.toBe(await built(file, { manager: 'sysvinit' }));
  const manifest = await readFile(join(theirs, 'share/nix-processmgmt-ts/manifest.json'), 'utf8');
  expect(JSON.parse(manifest)).toMatchObject({ directories, forceDisableUserChange: true });
});

test('the environment tells the model who calls it, when it is told', async () => {
  const [path = ''] = await checkout.build(`
    import ${environment('sysvinit')} {
      hostPackages = true;
      callingUser = "alice";
      callingGroup = "users";
      exprFile = builtins.toFile "caller.nix" ''
        { pkgs, processManager, callingUser, callingGroup, stateDir }:
        let create = import ${checkout.framework}/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
          inherit pkgs processManager stateDir;
        }; in
        { webapp.pkg = create { name = "webapp"; process = "/bin/webapp"; args = [ callingUser callingGroup stateDir ]; }; }
      '';
    }`);
  expect(await readFile(join(path, 'etc/rc.d/init.d/webapp'), 'utf8')).toContain('alice users /var');
});

test('the bundle of all services of s6-rc can have another name', async () => {
  const file = 'webapps/processes.nix';
  const plain = await nixBuilt('s6-rc', file);
  const renamed = await nixBuilt('s6-rc', file, '--argstr', 'defaultBundleName', 'everything');
  const bundle = (profile: string, name: string) => filesOf(join(profile, 'etc/s6/sv', name));
  expect((await bundle(plain, 'default')).size).toBeGreaterThan(3);
  expect(await bundle(renamed, 'everything')).toEqual(await bundle(plain, 'default'));
  await expect(nixBuilt('s6-rc', file, '--argstr', 'defaultBundleName', 'nginx')).rejects.toThrow(
    /The bundle of all services cannot be called "nginx"[^]*A service of the model has that name/,
  );
});

test('a model that no profile can be made of fails with the words of build', async () => {
  await expect(nixBuilt('systemd', 'broken/cycle.nix')).rejects.toThrow(
    'Process instances depend on each other in a circle',
  );
});
