import type { Harness } from '../../../contract/harness.js';
import { onThisMachine } from '../../../contract/this-machine.js';
import { startWindows } from './running-windows.js';

export const harness: Harness = {
  sleep: { file: 'create-cygrunsrv-params.nix', properties: 'path = sleep; args = [ 4711 ];' },
  layout: { says: ['service', 'parameters', 'dependencies', 'user', 'logFiles'] },
  runsAnywhere: false,
  startsAtBoot: true,
  tellsPid: 'none',
  reloads: false,
  restartsDependents: true,
  idle: ['finish'],
  stages: onThisMachine(async (account) => {
    const windows = await startWindows(account);
    return {
      environment: windows.environment,
      start: windows.boot,
      end: () => {
        windows.end();
        return Promise.resolve();
      },
      remove: windows.remove,
      traces: () => Promise.resolve(windows.services()),
    };
  }),
};
