import { ManagerUnavailableError } from '../../system/errors.js';
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
    if (!(cause instanceof MissingProgramError)) throw cause;
    throw new ManagerUnavailableError(
      {
        what: 'The services of Windows cannot be reached',
        why: 'There is no cygrunsrv on PATH',
        fix: 'Install the package cygrunsrv of Cygwin, or choose another process manager with -P',
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
