import { ManagerUnavailableError, UsageError } from '../../system/errors.js';
import { MissingProgramError } from '../../system/run.js';
import type { ManagerSession, SessionContext } from '../backend.js';
import { activationOf } from './activation-data.js';
import { createInstallation } from './installation.js';
import { createLaunchctl, type Launchctl } from './launchctl.js';
import { chooseScope, type Scope } from './scope.js';
import { createSession } from './session.js';

/** @throws UsageError naming a process that wants another user's rights, which only daemons of the system can have */
const checkUsers = ({ kind }: Scope, { target }: Pick<SessionContext, 'target'>): void => {
  if (kind === 'daemons') return;
  const unit = target?.units.find((candidate) => activationOf(candidate).user !== null);
  if (unit === undefined) return;
  throw new UsageError({
    what: `Process instance "${unit.instance}" runs as the user ${activationOf(unit).user ?? ''}, which an agent of launchd cannot do`,
    fix: 'Add --force-disable-user-change, or deploy as root',
  });
};

/** @throws ManagerUnavailableError when launchd has none of the domains that the jobs could be in */
const checkDomains = async (launchctl: Launchctl, { domains }: Scope): Promise<void> => {
  try {
    for (const domain of domains) if ((await launchctl.services(domain)) !== null) return;
  } catch (cause) {
    if (!(cause instanceof MissingProgramError)) throw cause;
    throw new ManagerUnavailableError(
      {
        what: 'launchd cannot be reached',
        why: 'There is no launchctl on PATH: launchd is the process manager of macOS',
        fix: 'Choose another process manager with -P',
      },
      { cause },
    );
  }
  throw new ManagerUnavailableError({
    what: 'launchd cannot be reached',
    why: `It has none of the domains ${domains.join(' and ')}`,
    fix: 'Log in (at the screen or with ssh) as the user whose agents they are',
  });
};

/** @throws ManagerUnavailableError when there is no launchd; UsageError when it cannot run these units */
export const connect = async (context: SessionContext): Promise<ManagerSession> => {
  const { run, env, log, jobs, profileLink, current, repair } = context;
  const scope = chooseScope(env, process.getuid?.() ?? 0);
  const launchctl = createLaunchctl(run, context.answerLimits);
  await checkDomains(launchctl, scope);
  checkUsers(scope, context);
  const installation = createInstallation(scope, profileLink, current, repair);
  return createSession({ scope, launchctl, installation, jobs, log });
};
