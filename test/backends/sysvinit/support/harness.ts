import { join } from 'node:path';
import type { Harness } from '../../../contract/harness.js';
import { onThisMachine, recordsOfScripts } from '../../../contract/this-machine.js';

export const harness: Harness = {
  sleep: {
    file: 'create-sysvinit-script.nix',
    properties: 'process = sleep; args = [ 4711 ]; processIsDaemon = false;',
  },
  layout: {
    says: ['script', 'pidFile', 'recordFile', 'logFile', 'runlevels', 'stopRunlevels', 'startSequence', 'stopSequence'],
    tells: 'order',
  },
  runsAnywhere: true,
  stages: onThisMachine(() =>
    Promise.resolve({
      addExtra: async (deployment, instance, generation) => {
        const { exitCode, stderr } = await deployment.run(join(generation, 'etc/rc.d/init.d', instance), 'start');
        if (exitCode !== 0) throw new Error(stderr);
      },
      traces: (deployment) => Promise.resolve(recordsOfScripts('sysvinit', deployment)),
    }),
  ),
};
