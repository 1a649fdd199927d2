import { writeFile } from 'node:fs/promises';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Harness } from '../../../contract/harness.js';
import { onThisMachine } from '../../../contract/this-machine.js';
import { startLaunchd } from './running-launchd.js';

export const harness: Harness = {
  sleep: { file: 'create-launchd-daemon.nix', properties: 'ProgramArguments = [ sleep 4711 ];' },
  layout: { says: ['label', 'plist', 'user', 'logFiles', 'startsAtOnce'], tells: 'nothing' },
  runsAnywhere: false,
  startsAtBoot: true,
  idle: ['finish'],
  stages: onThisMachine(async (account) => {
    const launchd = await startLaunchd(account);
    return {
      environment: launchd.environment,
      start: launchd.boot,
      end: () => {
        launchd.end();
        return Promise.resolve();
      },
      remove: launchd.remove,
      tamper: async (_, instance) => {
        const file = join(launchd.jobs, `org.nixos.${instance}.plist`);
        await writeFile(file, readFileSync(file, 'utf8').replace('<dict>', '<dict>\n<!-- by hand -->'));
      },
      traces: () => Promise.resolve([...readdirSync(launchd.jobs), ...launchd.loaded()]),
    };
  }),
};
