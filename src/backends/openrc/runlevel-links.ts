import { existsSync } from 'node:fs';
import { readdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ActivationError } from '../../system/errors.js';
import type { DeployedUnit } from '../backend.js';
import { replaceLink } from '../shared/boot-links.js';
import { activationOf } from './activation-data.js';
import type { Place } from './place.js';

/** The names in a directory; none when it cannot be read. */
export const namesIn = (directory: string): Promise<readonly string[]> => readdir(directory).catch(() => []);

/** Links in the directories of runlevels, which have OpenRC start services there (rc-update(8) makes the same). */
export interface RunlevelLinks {
  readonly linkOf: (runlevel: string, service: string) => string;
  /** @throws ActivationError for a runlevel that OpenRC does not have */
  readonly require: (unit: DeployedUnit) => void;
  /** The runlevels that have a link of this name to our script. */
  readonly of: (service: string) => Promise<readonly string[]>;
  /** Has a service start in these runlevels, and in no others. */
  readonly set: (service: string, runlevels: readonly string[]) => Promise<void>;
}

export const runlevelLinks = ({ scripts, runlevels }: Place): RunlevelLinks => {
  const linkOf = (runlevel: string, service: string): string => join(runlevels, runlevel, service);
  const of: RunlevelLinks['of'] = async (service) => {
    const found = await Promise.all(
      (await namesIn(runlevels)).map(async (runlevel) => {
        const target = await readlink(linkOf(runlevel, service)).catch(() => null);
        return target === join(scripts, service) ? [runlevel] : [];
      }),
    );
    return found.flat();
  };
  return {
    linkOf,
    of,
    require: (unit) => {
      const unknown = activationOf(unit).runlevels.find((runlevel) => !existsSync(join(runlevels, runlevel)));
      if (unknown === undefined) return;
      throw new ActivationError({
        what: `OpenRC has no runlevel "${unknown}", in which ${unit.instance} is to start`,
        why: `There is no directory ${join(runlevels, unknown)}`,
        fix: 'Make that directory, or choose a runlevel that there is (rc-status --list)',
      });
    },
    set: async (service, wanted) => {
      const enabled = await of(service);
      for (const runlevel of enabled) {
        if (!wanted.includes(runlevel)) await rm(linkOf(runlevel, service), { force: true });
      }
      for (const runlevel of wanted) {
        if (!enabled.includes(runlevel)) await replaceLink(linkOf(runlevel, service), join(scripts, service));
      }
    },
  };
};
