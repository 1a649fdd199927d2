import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Harness } from '../../../contract/harness.js';
import { onThisMachine } from '../../../contract/this-machine.js';

export const harness: Harness = {
  sleep: { file: 'create-supervisord-program.nix', properties: 'command = "${sleep} 4711";' },
  layout: {
    says: ['logFiles', 'processes', 'autostart', 'startsecs', 'startretries', 'stopwaitsecs', 'exitcodes'],
    tells: 'order',
  },
  runsAnywhere: true,
  keepsProfilesApart: true,
  // It is for programs of a supervisord that the user runs.
  idle: ['collisions'],
  // It would try to start three times more.
  overrides: '{ supervisord.startretries = 0; }',
  stages: onThisMachine(() =>
    Promise.resolve({
      tamper: async ({ runtimeDir }, instance) => {
        const file = join(runtimeDir, 'nix-processmgmt-ts', 'processes', 'conf.d', `${instance}.conf`);
        await rm(file);
        await writeFile(file, `[program:${instance}]\ncommand=sleep 2000\n`);
      },
    }),
  ),
};
