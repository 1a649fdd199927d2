import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ActivationError } from '../../system/errors.js';
import type { RunRequest } from '../../system/ports.js';
import { MissingProgramError } from '../../system/run.js';
import type { SessionContext } from '../backend.js';
import { createBootLinks as createLinks, linkTarget, replaceLink, type BootLinks } from '../shared/boot-links.js';
import { activationOf, type Activation } from './activation-data.js';

const nameOf = (script: Activation): string => basename(script.script);

/** Links in the runlevel directories, for machines without a tool that makes them. */
const linkRunlevels = async (etc: string, script: Activation): Promise<void> => {
  const name = nameOf(script);
  const links = [
    ...script.runlevels.map((level) => ({ level, prefix: `S${script.startSequence}` })),
    ...script.stopRunlevels.map((level) => ({ level, prefix: `K${script.stopSequence}` })),
  ];
  for (const { level, prefix } of links) {
    const directory = join(etc, `rc${level}.d`);
    await mkdir(directory, { recursive: true });
    await replaceLink(join(directory, `${prefix}${name}`), `../init.d/${name}`);
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
 * The host's init directory is /etc, or the one that SYSVINIT_TARGET_DIR names. It is written to only with the manager
 * option enableAtBoot = "true", and after that as long as our links are there. update-rc.d, insserv or chkconfig are told
 * about /etc, whichever the machine has; elsewhere, and without them, the runlevel links are made here.
 */
export const createBootLinks = (context: SessionContext): BootLinks => {
  const { env, run } = context;
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

  return createLinks(context, {
    directory: etc,
    linkOf: (unit) => join(etc, 'init.d', nameOf(activationOf(unit))),
    enable: async (unit) => {
      const script = activationOf(unit);
      const name = nameOf(script);
      const registered = await register([
        { file: 'update-rc.d', args: [name, 'defaults'] },
        { file: 'insserv', args: [name] },
        { file: 'chkconfig', args: ['--add', name] },
      ]);
      if (registered) return;
      await unlinkRunlevels(etc, name);
      await linkRunlevels(etc, script);
    },
    disable: async (unit) => {
      const name = nameOf(activationOf(unit));
      const unregistered = await register([
        { file: 'update-rc.d', args: ['-f', name, 'remove'] },
        { file: 'insserv', args: ['-r', name] },
        { file: 'chkconfig', args: ['--del', name] },
      ]);
      if (!unregistered) await unlinkRunlevels(etc, name);
    },
  });
};
