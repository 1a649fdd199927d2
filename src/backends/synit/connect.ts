import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ManagerUnavailableError, UsageError } from '../../system/errors.js';
import { openProcessTable } from '../../system/processes.js';
import type { ManagerSession, SessionContext } from '../backend.js';
import { checkRecordDirectories } from '../shared/own-directory.js';
import { activationOf } from './activation-data.js';
import { createSession } from './session.js';
import { openWatchedDirectory } from './watched-directory.js';

/** Where the server of a whole machine finds its services. */
const defaultDirectory = '/etc/syndicate/services';

/** @throws UsageError for an ordinary user who does not say which directory a server of theirs watches */
const chooseDirectory = ({ env }: Pick<SessionContext, 'env'>): string => {
  const chosen = env['SYNIT_TARGET_DIR'];
  if (chosen !== undefined && chosen !== '') return resolve(chosen);
  if (process.getuid?.() === 0) return defaultDirectory;
  throw new UsageError({
    what: 'It is not known which directory your syndicate-server watches',
    why: `${defaultDirectory} is that of the whole machine, which root alone may write`,
    fix: 'Run a syndicate-server of your own, and set SYNIT_TARGET_DIR to the directory that its config-watcher watches',
  });
};

/**
 * The server itself cannot be asked whether it runs; without its directory it does not.
 *
 * @throws ManagerUnavailableError, or UsageError when it is not known which directory it is
 */
export const connect = async (context: SessionContext): Promise<ManagerSession> => {
  const path = chooseDirectory(context);
  const isDirectory = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isDirectory) {
    throw new ManagerUnavailableError({
      what: 'Synit cannot be reached',
      why: `There is no directory ${path}`,
      fix: 'Set SYNIT_TARGET_DIR to the directory that syndicate-server watches, or choose another process manager with -P',
    });
  }
  const { run, log, profileLink, current, target, jobs, repair, answerLimits } = context;
  checkRecordDirectories(
    [...(current?.units ?? []), ...(target?.units ?? [])].map((unit) => activationOf(unit).recordFile),
  );
  const directory = openWatchedDirectory(path, profileLink, current, repair);
  return createSession({
    directory,
    processes: await openProcessTable(run),
    run,
    log,
    current,
    jobs,
    signal: answerLimits?.stopSignals?.second,
  });
};
