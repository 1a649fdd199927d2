import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Harness, Place } from '../../../contract/harness.js';
import { emptyVolatileDirectories } from '../../../contract/this-machine.js';
import { createDeployment } from '../../../support/deployment.js';
import { createMachine, installOpenrc, noOpenrc } from './machine.js';

const open = async (): Promise<Place> => {
  const machine = await createMachine();
  const deployment = await createDeployment(machine.account, 'webapps');
  const scriptOf = (instance: string): string => `/etc/init.d/nix-process-${instance}`;
  return {
    deployment,
    tamper: async (instance) => {
      const script = '#!/sbin/openrc-run\nsupervisor=supervise-daemon\ncommand=/bin/sleep\ncommand_args=2000\n';
      await machine.mustRun('sh', '-euc', 'rm "$0"; printf %s "$1" >"$0"; chmod +x "$0"', scriptOf(instance), script);
    },
    addExtra: async (instance, generation) => {
      // With the mark of whose it is, which every script of the profile has in its last line.
      const copy = '{ cat "$1"; tail -n 1 "$2"; } >"$0"; chmod +x "$0"; "$0" --nodeps start';
      const source = join(generation, 'etc', 'init.d', `nix-process-${instance}`);
      await machine.mustRun('sh', '-euc', copy, scriptOf(instance), source, scriptOf('base'));
    },
    traces: async () => {
      const directories = ['/etc/init.d', '/etc/runlevels', '/run/openrc'];
      const found = (await machine.mustRun('find', ...directories, '-name', '*nix-process-*')).split('\n');
      const records = await readdir(join(deployment.runtimeDir, 'nixproc-openrc')).catch(() => []);
      // What a repair has moved aside is somebody's own. OpenRC keeps the file that it locks.
      const others = /^$|\.before-repair$|^\/run\/openrc\/exclusive\//;
      return [...found.filter((path) => !others.test(path)), ...records];
    },
    reboot: () =>
      machine.reboot(() => {
        emptyVolatileDirectories(deployment);
      }),
    dispose: async () => {
      await deployment.dispose();
      await machine.dispose();
    },
  };
};

export const harness: Harness = {
  sleep: { file: 'create-openrc-service.nix', properties: 'process = sleep; args = [ 4711 ];' },
  layout: { says: ['script', 'service', 'runlevels', 'recordFile', 'logFile', 'awaitsReadiness'] },
  runsAnywhere: false,
  runsBesideOthers: noOpenrc === null,
  // Each start runs several shells of OpenRC's own.
  takesLong: true,
  provision: { commands: installOpenrc },
  startsAtBoot: true,
  // A service's script waits for whatever can be waited for.
  idle: ['awaitsReadiness'],
  // OpenRC starts and stops services for root alone.
  stages: [{ name: 'root', skip: noOpenrc, open }],
};
