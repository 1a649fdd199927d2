import { existsSync } from 'node:fs';
import { ManagerUnavailableError } from '../../system/errors.js';
import { openProcessTable } from '../../system/processes.js';
import type { ManagerSession, SessionContext } from '../backend.js';
import { managerAnswers } from '../shared/manager-answers.js';
import { checkRecordDirectories } from '../shared/own-directory.js';
import { activationOf } from './activation-data.js';
import { machine, softlevelFile, type Place } from './place.js';
import { serviceFiles } from './service-files.js';
import { createSession } from './session.js';

const unavailable = (why: string, fix: string): ManagerUnavailableError =>
  new ManagerUnavailableError({ what: 'OpenRC cannot be reached', why, fix });

/** @throws ManagerUnavailableError where OpenRC does not run the machine, or we may not tell it anything */
const check = (place: Place): void => {
  if (!existsSync(softlevelFile(place))) {
    throw unavailable(
      `There is no ${softlevelFile(place)}: this machine was not started by OpenRC`,
      'Choose another process manager with -P where OpenRC does not run the machine',
    );
  }
  if (process.geteuid?.() === 0) return;
  throw unavailable(
    'It starts and stops services for root alone',
    'Run the command as root, or choose another process manager with -P',
  );
};

/** @param place default: where OpenRC has its files on this machine. @throws ManagerUnavailableError */
export const connect = async (context: SessionContext, place = machine): Promise<ManagerSession> => {
  check(place);
  const { run, log, current, target, jobs, answerLimits, timeouts } = context;
  checkRecordDirectories(
    [...(current?.units ?? []), ...(target?.units ?? [])].map((unit) => activationOf(unit).recordFile),
  );
  return createSession(
    {
      place,
      files: serviceFiles(place, context, current),
      processes: await openProcessTable(run),
      answers: managerAnswers({ name: 'OpenRC', check: 'rc-status' }, answerLimits),
      ports: { run, log, ...(timeouts === undefined ? {} : { timeouts }) },
      signal: answerLimits?.stopSignals?.second,
    },
    current,
    jobs,
  );
};
