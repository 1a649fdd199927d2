import { UsageError } from '../../system/errors.js';
import type { ManagerSession, SessionContext } from '../backend.js';
import { fromProfileData } from './activation-data.js';
import { ownServer } from './own-server.js';
import { SupervisordSession, type ServerOf } from './session.js';
import { connectUserServer } from './user-server.js';

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
    const server = await connectUserServer(confDir, env);
    return new SupervisordSession(() => server, current, target, repair);
  }
  const serverOf: ServerOf = ({ directories: { runtimeDir }, data }) =>
    ownServer(runtimeDir, profileName, fromProfileData(data), context);
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
