import { join } from 'node:path';
import type { Harness } from '../../../contract/harness.js';
import { onThisMachine, recordsOfScripts } from '../../../contract/this-machine.js';

export const harness: Harness = {
  sleep: { file: 'create-process-script.nix', properties: 'process = "${sleep} 4711";' },
  layout: { says: ['pidFile', 'recordFile', 'logFile'], tells: 'nothing' },
  runsAnywhere: true,
  stages: onThisMachine(() =>
    Promise.resolve({
      addExtra: async (deployment, instance, generation) => {
        const { exitCode, stderr } = await deployment.run(join(generation, 'libexec/process', instance), 'start');
        if (exitCode !== 0) throw new Error(stderr);
      },
      traces: (deployment) => Promise.resolve(recordsOfScripts('disnix', deployment)),
    }),
  ),
};
