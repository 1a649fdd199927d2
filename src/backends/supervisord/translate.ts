import type { ManagedProcess } from '../../model/process-model.js';
import { watchedPidFile } from '../../model/pid-file.js';
import { programOf } from '../../model/program-of.js';
import type { JsonObject } from '../../system/json.js';
import type { Translation, UnitContext } from '../backend.js';
import { cleanStart } from '../shared/clean-start.js';
import { credentialsArguments } from '../shared/credentials-arguments.js';
import { launchScript, variablesLostInShells } from '../shared/launch-script.js';
import { commandOf } from './command-words.js';
import { formatOf } from './format-string.js';
import { storeName } from '../shared/required-tool.js';
import { tool } from './tools.js';

/** What has to be done as root before the process, so that supervisord itself must not switch the user. */
const needsRootFirst = ({ initialize, nice }: ManagedProcess): boolean => initialize !== '' || (nice ?? 0) < 0;

/**
 * supervisord runs processes in the foreground, as any user, in any directory and with any umask. It knows no niceness,
 * and nothing that is done before the process starts: the command does that. It goes to the directory then as well, since
 * supervisord would refuse one that is still to be made.
 */
export const translate = (process: ManagedProcess, context: UnitContext): Translation => {
  const { name, directory, umask, user } = process;
  const program = programOf(process, context.instance.instance, 'foreground');
  return {
    arguments: {
      name,
      command: commandOf(launch(process, [program.executable, ...program.args], context)),
      ...(process.foreground === null
        ? { useProxy: true, pidFile: watchedPidFile(process, context.instance.directories).path }
        : {}),
      path: process.path,
      environment: formats(process.environment),
      ...(directory === null || process.initialize !== '' ? {} : { directory: formatOf(directory) }),
      ...(umask === null ? {} : { umask }),
      ...(user === null || needsRootFirst(process) ? {} : { user: formatOf(user) }),
      dependencies: context.dependencies,
      credentials: credentialsArguments(process.credentials),
    },
    unsupported: [],
  };
};

const formats = (texts: Readonly<Record<string, string>>): JsonObject =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, formatOf(text)]));

const launch = (process: ManagedProcess, program: readonly string[], context: UnitContext): readonly string[] => {
  const { initialize, directory, nice, environment } = process;
  const user = needsRootFirst(process) ? process.user : null;
  if (initialize === '' && user === null) {
    return nice === null ? program : [`${tool(context, 'coreutils')}/bin/nice`, '-n', String(nice), ...program];
  }
  const text = launchScript({
    coreutils: tool(context, 'coreutils'),
    initialize,
    directory: initialize === '' ? null : directory,
    nice,
    user: user === null ? null : { name: user, setpriv: tool(context, 'setpriv') },
    cleanStart: user === null ? [] : cleanStart(environment, context, ['account', 'descriptors']),
    // All others go the usual way, so that overrides can replace them.
    environment: variablesLostInShells(environment),
    command: program,
  });
  return [tool(context, 'shell'), context.storeText(storeName(process.name, 'launch'), text)];
};
