import { ExplainedError, ManagerUnavailableError } from '../../system/errors.js';
import { MissingProgramError } from '../../system/run.js';
import type { ManagerSession, SessionContext } from '../backend.js';
import { activationOf } from './activation-data.js';
import { passwordsFor } from './passwords.js';
import { createServiceManager, type ServiceManager, type ServiceState } from './service-manager.js';
import { createSession } from './session.js';

const listServices = async (services: ServiceManager): Promise<ReadonlyMap<string, ServiceState>> => {
  try {
    return await services.list();
  } catch (cause) {
    if (cause instanceof ExplainedError && !(cause instanceof MissingProgramError)) throw cause;
    const isMissing = cause instanceof MissingProgramError;
    throw new ManagerUnavailableError(
      {
        what: 'The services of Windows cannot be reached',
        why: isMissing ? 'There is no cygrunsrv on PATH' : cause instanceof Error ? cause.message : String(cause),
        fix: isMissing
          ? 'Install the package cygrunsrv of Cygwin, or choose another process manager with -P'
          : 'Run the command as an administrator ("Run as administrator")',
      },
      { cause },
    );
  }
};

/** @throws ManagerUnavailableError without cygrunsrv; UsageError when a password is missing */
export const connect = async (context: SessionContext): Promise<ManagerSession> => {
  const { run, env, jobs, current, target } = context;
  const services = createServiceManager(run, context.answerLimits);
  await listServices(services);
  const passwords = await passwordsFor(target?.units.flatMap((unit) => activationOf(unit).user ?? []) ?? [], env);
  return createSession({ services, passwords, current, jobs });
};
