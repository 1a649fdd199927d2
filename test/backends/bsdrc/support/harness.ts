import { join } from 'node:path';
import { ownBoot } from '../../../contract/boot-id.js';
import type { Harness, Place } from '../../../contract/harness.js';
import { emptyVolatileDirectories, recordsOfScripts } from '../../../contract/this-machine.js';
import { accounts, type Account } from '../../../support/accounts.js';
import { createContainerNamespace } from '../../../support/container-namespace.js';
import { createDeployment } from '../../../support/deployment.js';
import { isRoot } from '../../../support/is-root.js';
import { makeFreeBSD } from './freebsd.js';

// Scripts of other managers find the daemon(1) of this machine first.
const keepDaemon = 'ln -s /usr/bin/daemon usr/local/bin/daemon';

const open = async (account: Account): Promise<Place> => {
  const namespace = await createContainerNamespace(`${makeFreeBSD()}${keepDaemon}`);
  const boot = await ownBoot();
  const prefix = [...namespace.account.prefix, ...boot.prefix, ...account.prefix];
  const deployment = await createDeployment({ ...account, prefix }, 'webapps');
  return {
    deployment,
    addExtra: async (instance, generation) => {
      const { exitCode, stderr } = await deployment.run(join(generation, 'etc', 'rc.d', instance), 'onestart');
      if (exitCode !== 0) throw new Error(stderr);
    },
    traces: () => Promise.resolve(recordsOfScripts('bsdrc', deployment)),
    reboot: async () => {
      await namespace.run('sh', ['-c', 'kill -KILL -1']);
      emptyVolatileDirectories(deployment);
      boot.next();
    },
    dispose: async () => {
      await deployment.dispose();
      await namespace.dispose();
      await boot.dispose();
    },
  };
};

export const harness: Harness = {
  sleep: { file: 'create-bsdrc-script.nix', properties: 'command = sleep; commandArgs = [ 4711 ];' },
  layout: { says: ['script', 'pidFile', 'recordFile', 'rcName', 'enablingVariable'] },
  runsAnywhere: false,
  stages: accounts.map((account) => ({
    name: account.name,
    skip: isRoot ? null : 'only root can give a copy of this machine what FreeBSD has',
    open: () => open(account),
  })),
};
