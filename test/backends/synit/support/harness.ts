import { chownSync, mkdirSync, readdirSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Harness } from '../../../contract/harness.js';
import { onThisMachine } from '../../../contract/this-machine.js';
import { makeTemporaryDirectory } from '../../../support/temporary-directory.js';
import { StandInServer } from './stand-in-server.js';

// syndicate-server is not in Debian: the files are real, and so are the processes, but not who reads the one and starts
// the other.
export const harness: Harness = {
  sleep: { file: 'create-synit-daemon.nix', properties: 'process = sleep; args = [ 4711 ];' },
  layout: { says: ['file', 'recordFile', 'logFile', 'restarts', 'isRequired', 'endsByItself'] },
  runsAnywhere: false,
  startsAtBoot: true,
  stages: onThisMachine(async ({ uid, gid, prefix }) => {
    const directory = await makeTemporaryDirectory();
    const services = join(directory.path, 'services');
    mkdirSync(services);
    chownSync(services, uid, gid);
    // Daemons do not have the PATH of this machine.
    const launcher = prefix.map((word) => (word === 'setpriv' ? '/usr/bin/setpriv' : word));
    let server: StandInServer | null = null;
    return {
      environment: { SYNIT_TARGET_DIR: services },
      start: () => {
        server = new StandInServer(services, {}, launcher);
        return Promise.resolve();
      },
      end: async () => {
        await server?.close();
      },
      remove: directory.remove,
      tamper: (_, instance) => appendFile(join(services, `${instance}.pr`), '\n; by hand\n'),
      traces: () => Promise.resolve(readdirSync(services)),
    };
  }),
};
