import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRun } from '../../../../src/system/run.js';
import { asAccount, type Account } from '../../../support/accounts.js';
import { systemPath } from '../../../support/deployment.js';
import { killProcessesThatMention } from '../../../support/processes.js';
import { repository } from '../../../support/repository.js';
import { makeTemporaryDirectory } from '../../../support/temporary-directory.js';

/** A stand-in for Windows' services, as cygrunsrv shows them, that runs them. */
export interface RunningWindows {
  readonly environment: Readonly<Record<string, string>>;
  /** Names of the services that are installed. */
  readonly services: () => readonly string[];
  /** What was asked of it since this was called the last time, but for lists: "--stop nix-process-a". */
  readonly calls: () => readonly string[];
  /** Starts what is installed, as a machine does that boots. */
  readonly boot: () => Promise<void>;
  /** Ends all services at once. */
  readonly end: () => void;
  readonly remove: () => Promise<void>;
}

export const startWindows = async (account: Account): Promise<RunningWindows> => {
  const { path, remove } = await makeTemporaryDirectory();
  const [state, bin] = [join(path, 'state'), join(path, 'bin')];
  for (const directory of [state, bin, join(state, 'services'), join(state, 'running')]) {
    mkdirSync(directory);
    chmodSync(directory, 0o777);
  }
  const program = join(state, 'cygrunsrv.py');
  writeFileSync(program, readFileSync(join(repository, 'test/backends/cygrunsrv/support/cygrunsrv.py')));
  const cygrunsrv = join(bin, 'cygrunsrv');
  writeFileSync(cygrunsrv, `#!/bin/sh\nexec /usr/bin/python3 -I ${program} ${state} "$@"\n`, { mode: 0o755 });
  const calls = join(state, 'calls');
  writeFileSync(calls, '');
  chmodSync(calls, 0o666);
  const services = (): readonly string[] => readdirSync(join(state, 'services'));
  return {
    environment: { PATH: `${bin}:${systemPath}` },
    services,
    calls: () => {
      const lines = readFileSync(calls, 'utf8').split('\n').slice(0, -1);
      writeFileSync(calls, '');
      return lines;
    },
    boot: async () => {
      for (const service of services()) {
        await createRun({ PATH: systemPath })(asAccount(account, cygrunsrv, ['--start', service]));
      }
    },
    end: () => {
      killProcessesThatMention(path);
      for (const service of readdirSync(join(state, 'running'))) rmSync(join(state, 'running', service));
    },
    remove,
  };
};
