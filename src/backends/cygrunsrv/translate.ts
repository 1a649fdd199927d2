import type { ManagedProcess } from '../../model/process-model.js';
import type { Translation, UnitContext } from '../backend.js';
import { foregroundWords } from '../shared/foreground-words.js';
import { launchScript, variablesLostInShells } from '../shared/launch-script.js';
import { requiredTool, storeName } from '../shared/required-tool.js';
import { isPrintable } from './argument-line.js';

/** Tenths of a second between TERM and KILL for a daemon: cygrunsrv tells Windows to wait for 21 seconds. */
const grace = 190;

/** cygrunsrv takes no more (MAX_DEPS). */
export const mostDependencies = 16;

/**
 * A service runs in the foreground, as the system or as a user. Directory, umask, niceness and what is to be done first are
 * the business of a script: what cygrunsrv has for the directory is ignored when it fails.
 */
export const translate = (process: ManagedProcess, context: UnitContext): Translation => {
  const { name, description, environment, path, user, credentials } = process;
  const { logDir } = context.instance.directories;
  const log = `${logDir}/nixproc-${name}.log`;
  const [program = '', ...args] = launch(process, context);
  return {
    arguments: {
      name,
      ...(isPrintable(description) ? { description } : {}),
      path: program,
      args,
      environment,
      environmentPath: path,
      ...(user === null ? {} : { user }),
      stdout: log,
      stderr: log,
      dependencies: context.dependencies,
    },
    unsupported: [
      ...(user !== null && process.initialize !== ''
        ? [`runs initialize as ${user} as well, since a Windows service has one user`]
        : []),
      ...(credentials.groups.length + credentials.users.length === 0
        ? []
        : ['makes no users and groups: those of the model have to be accounts of Windows already']),
      ...(context.dependencies.length > mostDependencies
        ? [`can name ${mostDependencies} dependencies only: Windows does not wait for the others when it starts`]
        : []),
    ],
  };
};

const launch = (process: ManagedProcess, context: UnitContext): readonly string[] => {
  const { name, initialize, directory, umask, nice, environment } = process;
  const program = foregroundWords(process, context, 'cygrunsrv', grace);
  if (initialize === '' && directory === null && umask === null && nice === null) return program;
  const text = launchScript({
    coreutils: requiredTool(context, 'coreutils', 'cygrunsrv'),
    initialize,
    // All others go the usual way, so that overrides can replace them.
    environment: variablesLostInShells(environment),
    directory,
    umask,
    nice,
    command: program,
  });
  return [requiredTool(context, 'shell', 'cygrunsrv'), context.storeText(storeName(name, 'launch'), text)];
};
