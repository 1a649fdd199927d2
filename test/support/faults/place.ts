import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResult } from '../../../src/system/ports.js';
import { createMachine } from '../../backends/systemd/support/machine.js';
import { loadHarnesses } from '../../contract/harnesses.js';
import { accounts, type Account } from '../accounts.js';
import { createDeployment, type Deployment } from '../deployment.js';
import { isRoot } from '../is-root.js';
import { findLeftovers } from '../leftovers.js';
import { eventually } from '../waiting.js';
import { makeDyingTool, type DyingTool } from './dying-tool.js';
import { isFullRun } from './report.js';
import { sleeperOptions, writeSleepers, type Sleepers } from './sleepers.js';

const harnesses = [...(await loadHarnesses())];

/** The managers that deployments are moved between. Some take a machine of our own, and so root. */
export const movingManagers: readonly string[] = harnesses.flatMap(([manager, harness]) =>
  harness?.runsAnywhere === true || (isRoot && harness?.runsBesideOthers === true) ? [manager] : [],
);

/** The managers that commands are killed under; some take too long for anything but a full run. */
export const faultManagers: readonly string[] = movingManagers.filter(
  (manager) => isFullRun || harnesses.find(([name]) => name === manager)?.[1]?.takesLong !== true,
);

/** A place where each of the managers can run something; for root, a machine with all that managers need. */
export interface FaultPlace {
  readonly deployment: Deployment;
  readonly dying: DyingTool;
  /** Builds a model of sleepers for a manager, once. Returns the profile in the store. */
  readonly build: (name: string, sleepers: Sleepers, manager: string) => Promise<string>;
  /** Whether there is a journal of a switch that did not finish. */
  readonly isRecorded: () => Promise<boolean>;
  /** The store path that the profile's link leads to. */
  readonly currentProfile: () => Promise<string>;
  readonly dispose: () => Promise<void>;
}

const createMachineForAll = async (
  root: Account,
): Promise<{ deployment: Deployment; dispose: () => Promise<void> }> => {
  const { namespace, deployment, dispose } = await createMachine('system', root);
  for (const [manager, harness] of harnesses) {
    if (!movingManagers.includes(manager) || harness?.provision === undefined) continue;
    const { commands, environment = {} } = harness.provision;
    const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    await namespace.mustRun('env', ...settings, 'sh', '-euc', `cd /; ${commands}`);
  }
  return { deployment, dispose };
};

export const createFaultPlace = async (): Promise<FaultPlace> => {
  const [account] = accounts;
  if (account === undefined) throw new Error('there is no account to run as');
  const { deployment, dispose } = isRoot
    ? await createMachineForAll(account)
    : await createDeployment(account, 'webapps').then((made) => ({ deployment: made, dispose: made.dispose }));
  const built = new Map<string, string>();
  return {
    deployment,
    dispose,
    dying: await makeDyingTool(deployment),
    build: async (name, sleepers, manager) => {
      const key = `${name}-${manager}`;
      const known = built.get(key);
      if (known !== undefined) return known;
      const model = await writeSleepers(deployment, name, sleepers);
      const outLink = join(deployment.stateDir, key);
      const options = ['-P', manager, ...sleeperOptions(deployment), '-o', outLink];
      const path = (await deployment.succeed('build', ...options, model)).stdout.trim();
      built.set(key, path);
      return path;
    },
    isRecorded: () =>
      access(join(deployment.profilesDir, '.nix-processmgmt-ts', 'processes', 'unfinished', 'journal')).then(
        () => true,
        () => false,
      ),
    currentProfile: async () => {
      const { stdout }: RunResult = await deployment.run('realpath', join(deployment.profilesDir, 'processes'));
      return stdout.trim();
    },
  };
};

/** Takes everything away that is deployed. Throws what is left. */
export const undeploy = async ({ deployment }: FaultPlace): Promise<void> => {
  await deployment.succeed('undeploy');
  // A process that was asked to end may take a moment to be gone.
  await eventually(async () => {
    const { processes, files } = await findLeftovers(deployment);
    if (processes.length + files.length > 0) throw new Error(`left: ${[...processes, ...files].join(', ')}`);
    return true;
  }, 60);
};
