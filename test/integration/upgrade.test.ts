import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { surroundingsVersion } from '../../src/backends/shared/clean-start.js';
import { installStandIn } from '../backends/s6-rc/support/stand-in.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, systemPath, type Deployment } from '../support/deployment.js';
import { planOf, processSteps } from '../support/plans.js';
import { pidsOf } from '../support/status.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';
import { buildRestored } from '../support/upgrade/build-restored.js';
import { packagesOf } from '../support/upgrade/record-profile.js';
import { readRecordedVersion, restoreProfile, type RecordedProfile } from '../support/upgrade/recorded-profile.js';

const account = accounts.at(-1);
const version = 'f79ee3f';

/** As if that version had given processes what this one does: then only texts of scripts differ. */
const withSurroundings = (recorded: RecordedProfile): RecordedProfile => {
  const manifest = JSON.parse(JSON.stringify(recorded.manifest)) as {
    units: { properties: Record<string, unknown> }[];
  };
  for (const { properties } of manifest.units) properties['surroundings'] = surroundingsVersion;
  return { ...recorded, manifest: manifest as unknown as RecordedProfile['manifest'] };
};

describe.each(['sysvinit', 'disnix', 's6-rc'])('an update of this program, with processes under %s', (manager) => {
  let place: TemporaryDirectory;
  let deployment: Deployment;
  let options: readonly string[];
  beforeAll(async () => {
    if (account === undefined) throw new Error('there is no account to run as');
    place = await makeTemporaryDirectory();
    const { bin, env } = installStandIn(place.path);
    deployment = await createDeployment(account, 'webapps-advanced', {
      ...env,
      PATH: [bin, systemPath].join(delimiter),
    });
    options = ['-P', manager, ...deployment.modelOptions(), '--host-packages', deployment.model];
  });
  afterAll(async () => {
    await deployment.dispose();
    await place.remove();
  });

  /** Deploys what the earlier version built, with its scripts. */
  const deployAsBefore = async (change: (recorded: RecordedProfile) => RecordedProfile): Promise<void> => {
    const built = (await deployment.succeed('build', '--no-out-link', ...options)).stdout.trim();
    const record = readRecordedVersion(version);
    const recorded = record.profiles[`${manager} unprivileged`];
    if (recorded === undefined) throw new Error(`there is no profile for ${manager}`);
    const { document } = restoreProfile(record, change(recorded), {
      storeDir: join(deployment.directory, 'nix', 'store'),
      stateDir: deployment.stateDir,
      packages: await packagesOf(built, deployment),
      portOf: deployment.portOf,
    });
    await deployment.succeed('switch', await buildRestored(document, deployment));
  };

  test('restarts nothing where only texts of our scripts have changed', async () => {
    await deployAsBefore(withSurroundings);
    const before = await pidsOf(deployment);
    // webapp4 has a runlevel of its own, where there are some.
    expect(Object.values(before).filter((pid) => pid !== null)).toHaveLength(manager === 'sysvinit' ? 5 : 6);
    expect(processSteps(await planOf(deployment, ...options))).toEqual([]);
    await deployment.succeed('switch', ...options);
    expect(await pidsOf(deployment)).toEqual(before);
    // The new scripts know what the old ones started.
    await deployment.succeed('restart', 'webapp1');
    const after = await pidsOf(deployment);
    expect(Object.keys(after).filter((name) => after[name] !== before[name])).toEqual(['webapp1']);
    await deployment.succeed('undeploy');
  });

  test('says why it restarts what would run differently', async () => {
    await deployAsBefore((recorded) => recorded);
    const { steps } = await planOf(deployment, ...options);
    const reasons = steps.flatMap((step) => (step.kind === 'process' ? [step.reasons] : []));
    expect(reasons).toHaveLength(manager === 'sysvinit' ? 5 : 6);
    expect(new Set(reasons.flat())).toEqual(new Set([`surroundings: (none) → ${surroundingsVersion}`]));
    await deployment.succeed('switch', ...options);
    expect((await deployment.succeed('switch', ...options)).stderr).toContain('nothing to do');
  });
});
