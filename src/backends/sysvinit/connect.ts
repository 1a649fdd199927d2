import type { ManagerSession, SessionContext } from '../backend.js';
import { collisionsOf } from '../shared/collisions.js';
import { callerWatches, scriptEnvironment } from '../shared/script-environment.js';
import { createScriptSession } from '../shared/script-session.js';
import { activationOf } from './activation-data.js';
import { createBootLinks } from './boot-links.js';
import { currentRunlevel } from './current-runlevel.js';

/** Scripts are run from the profile that they belong to; init itself need not run, nor know them. */
export const connect = async (context: SessionContext): Promise<ManagerSession> => {
  const runlevel = await currentRunlevel(context);
  const bootLinks = createBootLinks(context);
  const { removeRecords, findExtras, claim, claimedByOthers, ...session } = await createScriptSession(context, {
    argumentsFor: (activity) => [activity],
    // The tool looks more closely, and at all of a level at once.
    environment: { ...scriptEnvironment(context.env), ...callerWatches },
  });
  return {
    ...session,
    // The system's own directories are for root alone.
    startsAtBoot: process.getuid?.() === 0 || (context.env['SYSVINIT_TARGET_DIR'] ?? '') !== '',
    isWanted: (unit) => activationOf(unit).runlevels.includes(runlevel),
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
