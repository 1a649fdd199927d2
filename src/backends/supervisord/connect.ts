import { UsageError } from '../../system/errors.js';
import type { DeployedUnit, ManagerSession, SessionContext } from '../backend.js';
import { fromActivation, fromProfileData, strayActivation } from './activation-data.js';
import { ownServer } from './own-server.js';
import { SupervisordSession, type ServerOf } from './session.js';
import { connectUserServer } from './user-server.js';

/** Seconds that a process of a program gets to end. */
const stopTimeIn =
  (units: readonly DeployedUnit[]) =>
  (program: string): number => {
    const unit = units.find(({ name }) => name === program);
    return fromActivation(unit?.activation ?? strayActivation).stopwaitsecs;
  };

/**
 * The supervisord of a deployment: the user's own when SUPERVISORD_CONF_DIR is set, else one for the profile, which is
 * not started before it is needed.
 *
 * @throws ManagerUnavailableError, or UsageError when SUPERVISORD_CONF_DIR does not lead to a supervisord, or is missing
 *   although another tool has deployed to one
 */
export const connect = async (context: SessionContext): Promise<ManagerSession> => {
  const { env, current, target, profileName, repair } = context;
  const confDir = env['SUPERVISORD_CONF_DIR'];
  if (confDir !== undefined && confDir !== '') {
    const server = await connectUserServer(confDir, env, context.answerLimits);
    return new SupervisordSession(() => server, current, target, repair);
  }
  const serverOf: ServerOf = ({ directories: { runtimeDir }, data, units }) =>
    ownServer(runtimeDir, profileName, fromProfileData(data), stopTimeIn(units), context);
  if (current?.isForeign === true && !(await serverOf(current).isRunning())) {
    throw new UsageError({
      what: 'It is not known which supervisord runs the current generation',
      why: `Another tool built ${current.path}, and SUPERVISORD_CONF_DIR does not say where it found supervisord`,
      fix:
        'Set SUPERVISORD_CONF_DIR to the directory of its supervisord.conf; when nothing of that generation runs any ' +
        'more, forget it with: nix-processmgmt-ts generations delete all',
    });
  }
  return new SupervisordSession(serverOf, current, target, repair);
};
