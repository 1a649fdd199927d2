import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { accounts, type Account } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { killProcessesThatMention } from '../support/processes.js';
import { ownBoot } from './boot-id.js';
import type { Place, Stage } from './harness.js';

/** What a manager needs on this machine besides programs. */
export interface Equipment {
  /** Variables for everything that is run. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Starts what is there before anything is deployed, and what a machine starts when it boots. */
  readonly start?: () => Promise<void>;
  /** Ends that. */
  readonly end?: () => Promise<void>;
  /** Takes away what is left of it when the test is over. */
  readonly remove?: () => Promise<void>;
  readonly tamper?: (deployment: Deployment, instance: string) => Promise<void>;
  readonly addExtra?: (deployment: Deployment, instance: string, generation: string) => Promise<void>;
  readonly traces?: (deployment: Deployment) => Promise<readonly string[]>;
}

/** /run and /tmp are empty when a machine boots. */
export const emptyVolatileDirectories = ({ runtimeDir, stateDir }: Deployment): void => {
  for (const directory of [runtimeDir, join(stateDir, 'tmp')]) {
    for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
  }
};

/** What the scripts of a manager write down of their services, and profiles of whose these are. */
export const recordsOfScripts = (manager: string, { runtimeDir }: Deployment): readonly string[] => {
  const directory = join(runtimeDir, `nixproc-${manager}`);
  return existsSync(directory) ? readdirSync(directory) : [];
};

const open = async (account: Account, equip: (account: Account) => Promise<Equipment>): Promise<Place> => {
  const boot = await ownBoot();
  const booted: Account = { ...account, prefix: [...boot.prefix, ...account.prefix] };
  const { environment, start, end, remove, tamper, addExtra, traces } = await equip(booted);
  await start?.();
  const deployment = await createDeployment(booted, 'webapps', environment);
  return {
    deployment,
    ...(tamper === undefined ? {} : { tamper: (instance: string) => tamper(deployment, instance) }),
    ...(addExtra === undefined
      ? {}
      : { addExtra: (instance: string, generation: string) => addExtra(deployment, instance, generation) }),
    traces: async () => (await traces?.(deployment)) ?? [],
    reboot: async () => {
      await end?.();
      killProcessesThatMention(deployment.directory);
      emptyVolatileDirectories(deployment);
      boot.next();
      await start?.();
    },
    dispose: async () => {
      await end?.();
      await deployment.dispose();
      await boot.dispose();
      await remove?.();
    },
  };
};

/** The story on this machine itself, for each account that tests can work as. */
export const onThisMachine = (equip: (account: Account) => Promise<Equipment> = () => Promise.resolve({})): Stage[] =>
  accounts.map((account) => ({ name: account.name, skip: null, open: () => open(account, equip) }));
