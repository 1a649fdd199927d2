import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ActivationError } from '../../system/errors.js';
import type { Ports, RunRequest } from '../../system/ports.js';
import { MissingProgramError } from '../../system/run.js';
import { linkTarget, replaceLink } from '../shared/boot-links.js';

/** A script in init.d, with when it starts and stops. */
export interface RegisteredScript {
  readonly name: string;
  readonly runlevels: readonly string[];
  readonly stopRunlevels: readonly string[];
  readonly startSequence: string;
  readonly stopSequence: string;
}

/** Tells the init of the machine about scripts in its init.d. */
export interface RunlevelRegistry {
  /** The directory that has init.d and the runlevels' directories. */
  readonly etc: string;
  enable(script: RegisteredScript): Promise<void>;
  disable(name: string): Promise<void>;
}

/** Links in the runlevel directories, for machines without a tool that makes them. */
const linkRunlevels = async (etc: string, script: RegisteredScript): Promise<void> => {
  const links = [
    ...script.runlevels.map((level) => ({ level, prefix: `S${script.startSequence}` })),
    ...script.stopRunlevels.map((level) => ({ level, prefix: `K${script.stopSequence}` })),
  ];
  for (const { level, prefix } of links) {
    const directory = join(etc, `rc${level}.d`);
    await mkdir(directory, { recursive: true });
    await replaceLink(join(directory, `${prefix}${script.name}`), `../init.d/${script.name}`);
  }
};

const unlinkRunlevels = async (etc: string, name: string): Promise<void> => {
  const directories = (await readdir(etc)).filter((entry) => /^rc[0-9S]\.d$/.test(entry));
  for (const directory of directories) {
    for (const entry of await readdir(join(etc, directory))) {
      if (/^[SK]\d+/.exec(entry)?.[0].length !== entry.length - name.length || !entry.endsWith(name)) continue;
      const path = join(etc, directory, entry);
      if ((await linkTarget(path)) === `../init.d/${name}`) await rm(path);
    }
  }
};

/**
 * The host's init directory is /etc, or the one that SYSVINIT_TARGET_DIR names. update-rc.d, insserv or chkconfig are told
 * about /etc, whichever the machine has; elsewhere, and without them, the runlevel links are made here.
 */
export const runlevelRegistry = ({ env, run }: Pick<Ports, 'env' | 'run'>): RunlevelRegistry => {
  const etc = env['SYSVINIT_TARGET_DIR'] ?? '/etc';
  /** True when the machine has a tool that did it. */
  const register = async (attempts: readonly RunRequest[]): Promise<boolean> => {
    if (etc !== '/etc') return false;
    for (const request of attempts) {
      try {
        const { exitCode, stderr } = await run(request);
        if (exitCode === 0) return true;
        throw new ActivationError({
          what: `${request.file} ${request.args.join(' ')} ended with exit code ${exitCode}`,
          why: stderr.trim(),
        });
      } catch (error) {
        if (!(error instanceof MissingProgramError)) throw error;
      }
    }
    return false;
  };
  return {
    etc,
    enable: async (script) => {
      const { name } = script;
      const registered = await register([
        { file: 'update-rc.d', args: [name, 'defaults'] },
        { file: 'insserv', args: [name] },
        { file: 'chkconfig', args: ['--add', name] },
      ]);
      if (registered) return;
      await unlinkRunlevels(etc, name);
      await linkRunlevels(etc, script);
    },
    disable: async (name) => {
      const unregistered = await register([
        { file: 'update-rc.d', args: ['-f', name, 'remove'] },
        { file: 'insserv', args: ['-r', name] },
        { file: 'chkconfig', args: ['--del', name] },
      ]);
      if (!unregistered) await unlinkRunlevels(etc, name);
    },
  };
};
