import { join } from 'node:path';
import type { Harness, Place } from '../../../contract/harness.js';
import { emptyVolatileDirectories } from '../../../contract/this-machine.js';
import { accounts } from '../../../support/accounts.js';
import { isRoot } from '../../../support/is-root.js';
import { createMachine, type Whose } from './machine.js';

const open = async (whose: Whose): Promise<Place> => {
  const [root] = accounts;
  if (root === undefined) throw new Error('nobody can run the tests');
  const { deployment, namespace, unitDirectory, unitFiles, loadedUnits, dispose } = await createMachine(whose, root);
  return {
    deployment,
    tamper: async (instance) => {
      const file = join(unitDirectory, `nix-process-${instance}.service`);
      const text = '[Service]\\nExecStart=/bin/sleep 2000\\n';
      await namespace.mustRun('sh', '-euc', `rm "$0"; printf '${text}' >"$0"`, file);
    },
    traces: async () => {
      // What a repair has moved aside is somebody's own.
      const files = (await unitFiles()).filter((file) => !file.endsWith('.before-repair'));
      return [...files, ...Object.keys(await loadedUnits())];
    },
    reboot: async () => {
      await namespace.reboot(() => {
        emptyVolatileDirectories(deployment);
      });
      if (whose === 'user') await namespace.awaitUser();
    },
    dispose,
  };
};

/** A systemd needs namespaces and mounts. */
const skip = isRoot ? null : 'only root can boot a systemd of its own';

export const harness: Harness = {
  sleep: { file: 'create-systemd-service.nix', properties: 'Service.ExecStart = "${sleep} 4711";' },
  layout: { says: ['main', 'units', 'started', 'installLinks', 'endsByItself', 'canReload', 'user'] },
  runsAnywhere: false,
  runsBesideOthers: true,
  startsAtBoot: true,
  stages: [
    { name: 'root', skip, open: () => open('system') },
    { name: 'an ordinary user', skip, open: () => open('user') },
  ],
};
