import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRun } from '../../../../src/system/run.js';
import { asAccount, type Account } from '../../../support/accounts.js';
import { systemPath } from '../../../support/deployment.js';
import { killProcessesThatMention } from '../../../support/processes.js';
import { repository } from '../../../support/repository.js';
import { makeTemporaryDirectory } from '../../../support/temporary-directory.js';

/** A stand-in for launchd that runs its jobs. */
export interface RunningLaunchd {
  /** Its only domain, that of the system or of a user. */
  readonly domain: string;
  /** Where the property lists are. */
  readonly jobs: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Labels of the jobs that are loaded. */
  readonly loaded: () => readonly string[];
  /** What was asked of it since this was called the last time, but for questions: "bootout system/org.nixos.a". */
  readonly calls: () => readonly string[];
  /** Loads what is in the directory of jobs, as a machine does that boots, or whose user logs in. */
  readonly boot: () => Promise<void>;
  /** Ends it with all of its jobs, at once. */
  readonly end: () => void;
  readonly remove: () => Promise<void>;
}

export const startLaunchd = async (account: Account): Promise<RunningLaunchd> => {
  const { path, remove } = await makeTemporaryDirectory();
  const [state, jobs, bin] = ['state', 'jobs', 'state/bin'].map((name) => join(path, name)) as [string, string, string];
  for (const directory of [state, jobs, bin, join(state, 'loaded')]) {
    mkdirSync(directory);
    chmodSync(directory, 0o777);
  }
  const domain = account.uid === 0 ? 'system' : `user/${account.uid}`;
  const program = join(state, 'launchctl.py');
  writeFileSync(program, readFileSync(join(repository, 'test/backends/launchd/support/launchctl.py')));
  const launchctl = join(bin, 'launchctl');
  writeFileSync(launchctl, `#!/bin/sh\nexec /usr/bin/python3 -I ${program} ${state} ${domain} "$@"\n`, { mode: 0o755 });
  const calls = join(state, 'calls');
  writeFileSync(calls, '');
  chmodSync(calls, 0o666);
  const loaded = (): readonly string[] => readdirSync(join(state, 'loaded'));
  return {
    domain,
    jobs,
    environment: { LAUNCHD_TARGET_DIR: jobs, PATH: `${bin}:${systemPath}` },
    loaded,
    calls: () => {
      const lines = readFileSync(calls, 'utf8').trim().split('\n');
      writeFileSync(calls, '');
      return lines.filter((line) => line !== '' && !line.startsWith('print '));
    },
    boot: async () => {
      for (const file of readdirSync(jobs).sort()) {
        const words = ['bootstrap', domain, join(jobs, file)];
        const { exitCode, stderr } = await createRun({ PATH: systemPath })(asAccount(account, launchctl, words));
        if (exitCode !== 0) throw new Error(stderr);
      }
    },
    end: () => {
      killProcessesThatMention(path);
      for (const label of loaded()) rmSync(join(state, 'loaded', label));
    },
    remove,
  };
};
