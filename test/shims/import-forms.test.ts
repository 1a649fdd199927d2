import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { managerNames } from '../../src/backends/registry.js';
import { buildModel } from '../../src/profile/build-model.js';
import { createCheckout, nixDirectory, type Checkout } from './support/checkout.js';
import { filesOf } from './support/files.js';

jest.setTimeout(120_000);

let checkout: Checkout;
beforeAll(async () => {
  checkout = await createCheckout();
});
afterAll(() => checkout.remove());

/** Fixtures that are imported by others, or can only be for two managers. */
const noForms = ['nixpkgs', 'checkout', 'nowhere', 'direct-functions'];
const forms = async (manager: string): Promise<readonly string[]> => [
  ...(await readdir(join(checkout.fixtures, 'imports'))).filter((name) => !noForms.includes(name)),
  ...(['sysvinit', 'supervisord'].includes(manager) ? ['direct-functions'] : []),
];

/** One model cannot give the same: by hand, the package that one names is all of another instance's configuration. */
const differsByHand = (model: string): boolean => model.includes('/interpolated-package/');

test.each(managerNames)(
  'models of every import form build for %s through our redirected import and by hand, with the same files',
  async (manager) => {
    const models = (await forms(manager)).map((form) => join(checkout.fixtures, 'imports', form, 'processes.nix'));
    expect(models.length).toBeGreaterThan(9);
    const profiles = await checkout.build(`
      map (exprFile: import ${nixDirectory}/nixproc/backends/${manager}/build-${manager}-env.nix { inherit exprFile; })
        [ ${models.join(' ')} ]`);
    const packages = await checkout.build(`
      map (model: (import model { processManager = "${manager}"; }).webapp.pkg) [ ${models.join(' ')} ]`);
    expect(packages).toHaveLength(models.length);
    for (const [index, model] of models.entries()) {
      const profile = await filesOf(profiles[index] ?? '');
      const files = await filesOf(packages[index] ?? '');
      const common = [...files].filter(([file]) => profile.has(file));
      expect(common.length).toBeGreaterThan(0);
      if (differsByHand(model)) continue;
      for (const [file, text] of common)
        expect(`${model} ${file}: ${text}`).toBe(`${model} ${file}: ${profile.get(file)}`);
    }
  },
);

test.each(['sysvinit', 'systemd'])(
  'our directory as the argument nix-processmgmt gives %s the same profile as the path that the model knows',
  async (manager) => {
    const { evaluator, fixtures } = checkout;
    const build = async (extraParams: string | null): Promise<string> => {
      const request = evaluator.requestFor(join(fixtures, 'imports/string-path/processes.nix'), {
        includePaths: [],
        manager,
        extraParams,
      });
      const { path, release } = await buildModel(request, null, evaluator.ports);
      await release();
      return path;
    };
    const paths = [await build(null), await build(`{ nix-processmgmt = ${nixDirectory}; }`)];
    const byHand = (value: string): string => `
      (import ${fixtures}/imports/string-path/processes.nix { processManager = "${manager}"; nix-processmgmt = ${value}; }).other.pkg`;
    const packages = await checkout.build(
      `[ ${byHand(nixDirectory)} ${byHand(`"${nixDirectory}"`)} ${byHand('<nix-processmgmt>')} ]`,
    );
    expect(new Set(paths).size).toBe(1);
    expect(new Set(packages).size).toBe(1);
  },
);

test.each([
  ['create-image-from-steps/create-multi-process-image-universal.nix', 'images that run several processes'],
  ['create-image-from-steps/create-mutable-multi-process-image-universal.nix', 'images whose processes can be changed'],
  ['create-image-from-steps/create-nix-image.nix', 'images with Nix in them'],
])('%s says that it will come later, by hand and in a model', async (path, purpose) => {
  const sentence = `nix-processmgmt-ts cannot make ${purpose}`;
  await expect(checkout.build(`import ${nixDirectory}/nixproc/${path} { }`)).rejects.toThrow(sentence);
  await expect(
    checkout.evaluator.evaluateInstances(`{ webapp.pkg = import ../nowhere/nixproc/${path} { inherit pkgs; }; }`),
  ).rejects.toMatchObject({ why: expect.stringContaining(sentence) });
});

test('a model may reach the tools, an environment and the type of its processes in an unread checkout', async () => {
  const { model } = await checkout.evaluator.evaluateInstances(
    `{
      webapp.pkg = createManagedProcess {
        name = "webapp";
        process = "\${(import ../nix-processmgmt/tools { inherit pkgs system; }).common}/bin/nixproc-build";
        args = [
          (import ../nix-processmgmt/nixproc/derive-dysnomia-process-type.nix { inherit processManager; })
          (import ../nix-processmgmt/nixproc/derive-dysnomia-process-type.nix { processManager = null; })
          (import ../nix-processmgmt/nixproc/backends/systemd/build-systemd-env.nix {
            exprFile = ${join(checkout.fixtures, 'webapps', 'processes.nix')}; hostPackages = true;
          })
        ];
      };
    }`,
    { includePaths: [] },
  );
  const [instance] = model.instances;
  expect(instance?.process).toMatchObject({
    foreground: {
      executable: expect.stringMatching(/-nixproc-tools-common\/bin\/nixproc-build$/),
      args: ['sysvinit-script', 'managed-process', expect.stringMatching(/-processes$/)],
    },
  });
});

test("a user's own directory of the name tools is not taken for ours", async () => {
  const { model } = await checkout.evaluator.evaluateFiles({
    'processes.nix': `{ pkgs, processManager }: import ./tools { inherit pkgs; }`,
    'tools/default.nix': `{ pkgs }: {
      webapp.pkg = import ../../nowhere/nixproc/create-managed-process/universal/create-managed-process-universal.nix
        { inherit pkgs; } { name = "webapp"; process = "/bin/webapp"; }; }`,
  });
  expect(model.instances.map(({ instance }) => instance)).toEqual(['webapp']);
});
