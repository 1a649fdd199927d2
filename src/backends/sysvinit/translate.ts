import type { ManagedProcess } from '../../model/process-model.js';
import { programOf } from '../../model/program-of.js';
import type { Translation, UnitContext } from '../backend.js';
import { credentialsArguments } from '../shared/credentials-arguments.js';

/**
 * Says to createSystemVInitScript what a process is. An init script wants a daemon; a process that stays in the
 * foreground is put into the background by another program. Everything can be expressed.
 *
 * @throws ModelError for a process without any command.
 */
export const translate = (process: ManagedProcess, { instance, dependencies }: UnitContext): Translation => {
  const command = programOf(process, instance.instance, 'daemon');
  return {
    arguments: {
      name: process.name,
      instanceName: process.instanceName,
      description: process.description,
      initialize: process.initialize,
      process: command.executable,
      args: command.args,
      processIsDaemon: process.daemon !== null,
      pidFile: process.pidFile,
      path: process.path,
      environment: process.environment,
      directory: process.directory,
      umask: process.umask,
      nice: process.nice,
      user: process.user,
      dependencies: dependencies,
      credentials: credentialsArguments(process.credentials),
    },
    unsupported: [],
  };
};
