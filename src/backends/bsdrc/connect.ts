import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ManagerUnavailableError } from '../../system/errors.js';
import type { ManagerSession, SessionContext } from '../backend.js';
import { collisionsOf } from '../shared/collisions.js';
import { callerWatches } from '../shared/script-environment.js';
import { createScriptSession } from '../shared/script-session.js';
import { splitWords } from '../shared/split-words.js';
import { activationOf } from './activation-data.js';
import { createRcLinks } from './enable-at-boot.js';
import { serviceEnvironment } from './service-environment.js';

/** The file of functions that an rc.d script begins by reading; null for a script that cannot be read, or is not ours. */
const functionsOf = (script: string): string | null => {
  try {
    const line = /^\. (.*rc\.subr.*)$/m.exec(readFileSync(script, 'utf8'))?.[1];
    return line === undefined ? null : (splitWords(line)[0] ?? null);
  } catch {
    return null;
  }
};

/** @throws ManagerUnavailableError on a machine that has none of what the scripts are written for */
const checkMachine = ({ target }: Pick<SessionContext, 'target'>): void => {
  const [unit] = target?.units ?? [];
  const functions = unit === undefined ? null : functionsOf(join(unit.profile, activationOf(unit).script));
  if (functions === null || existsSync(functions)) return;
  throw new ManagerUnavailableError({
    what: 'rc.d scripts cannot run on this machine',
    why: `There is no ${functions}: they are for FreeBSD, whose rc(8) runs them`,
    fix: 'Choose another process manager with -P',
  });
};

/**
 * rc.d scripts are called as service(8) does, from the profile that they belong to.
 *
 * @throws ManagerUnavailableError on another system than FreeBSD
 */
export const connect = async (context: SessionContext): Promise<ManagerSession> => {
  checkMachine(context);
  const bootLinks = createRcLinks(context);
  const { removeRecords, findExtras, claim, claimedByOthers, ...session } = await createScriptSession(context, {
    // Whatever rc.conf says: a script that is not enabled would do nothing, and be content.
    argumentsFor: (activity) => [`one${activity}`],
    environment: { ...serviceEnvironment(context.env), ...callerWatches },
  });
  return {
    ...session,
    // The system's own directories are for root alone.
    startsAtBoot: process.getuid?.() === 0 || (context.env['BSDRC_TARGET_DIR'] ?? '') !== '',
    drift: async (deployed, others) => ({
      changed: await bootLinks.changed(deployed),
      extras: await findExtras(deployed, others),
    }),
    collisions: async (units) => [
      ...(await claimedByOthers(units)),
      ...(await collisionsOf(units, (some) => bootLinks.check({ units: some }))),
    ],
    install: async (next) => {
      await bootLinks.check(next);
      await claim(next);
    },
    finish: async (next) => {
      await bootLinks.update(next);
      await removeRecords(next);
    },
  };
};
