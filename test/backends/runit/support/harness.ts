import { rename, writeFile, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { Harness } from '../../../contract/harness.js';
import { onThisMachine } from '../../../contract/this-machine.js';

export const harness: Harness = {
  sleep: { file: 'create-runit-service.nix', properties: 'process = sleep; args = [ 4711 ];' },
  layout: { says: ['directory', 'entries', 'isInitialized', 'logFile'], tells: 'nothing' },
  runsAnywhere: true,
  stages: onThisMachine(() =>
    Promise.resolve({
      tamper: async ({ runtimeDir }, instance) => {
        const file = join(runtimeDir, 'nix-processmgmt-ts', 'processes', 'sv', instance, 'run');
        await rename(file, `${file}.mine`);
        await writeFile(file, '#!/bin/sh\nexec sleep 2000\n');
        await chmod(file, 0o755);
      },
    }),
  ),
};
