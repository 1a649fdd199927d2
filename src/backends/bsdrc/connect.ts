import type { ManagerSession, SessionContext } from '../backend.js';
import { collisionsOf } from '../shared/collisions.js';
import { createScriptSession } from '../shared/script-session.js';
import { createRcLinks } from './enable-at-boot.js';
import { serviceEnvironment } from './service-environment.js';

/** rc.d scripts are called as service(8) does, from the profile that they belong to. */
export const connect = async (context: SessionContext): Promise<ManagerSession> => {
  const bootLinks = createRcLinks(context);
  const { removeRecords, findExtras, ...session } = await createScriptSession(context, {
    // Whatever rc.conf says: a script that is not enabled would do nothing, and be content.
    argumentsFor: (activity) => [`one${activity}`],
    environment: serviceEnvironment(context.env),
  });
  return {
    ...session,
    drift: async (deployed, others) => ({
      changed: await bootLinks.changed(deployed),
      extras: await findExtras(deployed, others),
    }),
    collisions: (units) => collisionsOf(units, (some) => bootLinks.check({ units: some })),
    install: (next) => bootLinks.check(next),
    finish: async (next) => {
      await bootLinks.update(next);
      await removeRecords(next);
    },
  };
};
