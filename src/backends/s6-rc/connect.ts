import { UsageError } from '../../system/errors.js';
import type { ManagerSession, SessionContext } from '../backend.js';
import { checkRecordDirectories } from '../shared/own-directory.js';
import { activationOf } from './activation-data.js';
import { S6RcSession } from './session.js';

/** @throws ManagerUnavailableError when s6-rc is not installed, or cannot keep its state and records where the profile wants them; UsageError when another one runs it */
export const connect = async ({ current, target, ...ports }: SessionContext): Promise<ManagerSession> => {
  checkRecordDirectories(
    [...(current?.units ?? []), ...(target?.units ?? [])].flatMap(
      (unit) => activationOf(unit).daemon?.recordFile ?? [],
    ),
  );
  const session = new S6RcSession(current, target, ports);
  await session.checkPrograms();
  if (current?.isForeign === true && !(await session.isAlive())) {
    throw new UsageError({
      what: 'It is not known which s6-rc runs the current generation',
      why: `Another tool built ${current.path}, and keeps its databases elsewhere`,
      fix:
        'Undeploy it with that tool; when nothing of it runs any more, forget it with: ' +
        'nix-processmgmt-ts generations delete all',
    });
  }
  return session;
};
