import { chmod, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Harness } from '../../../contract/harness.js';
import { onThisMachine } from '../../../contract/this-machine.js';
import { makeTemporaryDirectory } from '../../../support/temporary-directory.js';
import { programsOfS6rc } from './programs.js';

export const harness: Harness = {
  sleep: {
    file: 'create-longrun-service.nix',
    properties: 'run = pkgs.writeScript "run" "#!/bin/sh\nexec ${sleep} 4711\n"; autoGenerateLogService = false;',
  },
  layout: { says: ['contents', 'flagEssential', 'daemon', 'activities', 'logFile'] },
  runsAnywhere: false,
  stages: onThisMachine(async () => {
    const directory = await makeTemporaryDirectory();
    return {
      environment: programsOfS6rc(directory.path),
      remove: directory.remove,
      tamper: async ({ runtimeDir }, instance) => {
        const live = join(runtimeDir, 'nix-processmgmt-ts', 'processes', 'live');
        const file = join(live, 'servicedirs', `${instance}-srv`, 'run');
        await rename(file, `${file}.mine`);
        await writeFile(file, '#!/bin/sh\nexec sleep 2000\n');
        await chmod(file, 0o755);
      },
    };
  }),
};
