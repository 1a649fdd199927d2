// Run as an ordinary user: deploys, looks, changes, undeploys, and prints what it saw as JSON.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { processesThatMention } from '../../../support/processes.js';
import { eventually } from '../../../support/waiting.js';
import { daemonProgram } from '../support/daemon.js';
import { factsOf } from '../support/process-facts.js';
import {
  deploy,
  failures,
  makeSupervised,
  pidOf,
  sleeper,
  undeploy,
  unitCalled,
  type Program,
} from '../support/supervised.js';

const place = await makeSupervised();
try {
  const daemonPidFile = join(place.root, 'run/background.pid');
  const programs = (value: string): readonly Program[] => [
    sleeper('plain', { nice: 3, umask: '027', directory: join(place.root, 'tmp'), environment: { VALUE: value } }),
    sleeper('initialized', { initialize: `echo ready >${join(place.root, 'initialized')}` }),
    { name: 'background', daemon: daemonProgram(daemonPidFile), pidFile: daemonPidFile, level: 1 },
  ];
  const first = place.generation(programs('one'), { forceDisableUserChange: true });
  const session = await place.connect({ target: first });
  const failed = failures(await deploy(session, first));
  const facts = factsOf(await pidOf(session, unitCalled(first, 'plain')));
  const socket = statSync(join(place.root, 'run/nix-processmgmt-ts/test/supervisord.sock'));

  const second = place.generation(programs('two'), { forceDisableUserChange: true });
  const next = await place.connect({ current: first, target: second });
  await next.install(second);
  const before = await pidOf(next, unitCalled(second, 'background'));
  const change = { before: unitCalled(first, 'plain'), after: unitCalled(second, 'plain') };
  const changed = failures(await next.restart([change]));
  const kept = (await pidOf(next, unitCalled(second, 'background'))) === before;
  await undeploy(next, second);
  const processes = (): ReturnType<typeof processesThatMention> => processesThatMention(place.root);
  // What watches a daemon sleeps for a second at a time, and that one ends by itself.
  await eventually(
    () => (processes().some(({ commandLine }) => commandLine.endsWith('sleep 1')) ? undefined : true),
    5,
  );
  console.log(
    JSON.stringify({
      failed: [...failed, ...changed],
      kept,
      facts: {
        ...facts,
        args: [],
        environment: { VALUE: facts.environment['VALUE'] },
        directory: facts.directory.replace(place.root, 'ROOT'),
      },
      initialized: existsSync(join(place.root, 'initialized')),
      socketMode: (socket.mode & 0o777).toString(8),
      left: { processes: processes(), files: readdirSync(join(place.root, 'run')) },
    }),
  );
} finally {
  await place.remove();
}
