import type { ManagedProcess } from '../../model/process-model.js';
import type { Translation, UnitContext } from '../backend.js';
import { credentialsArguments } from '../shared/credentials-arguments.js';
import { foregroundWords } from '../shared/foreground-words.js';
import { lostSettings } from '../shared/lost-settings.js';
import { defaultPatience } from '../shared/recorded-start.js';

/** Tenths of a second between TERM and KILL for a daemon: a second less than its proxy gets itself. */
const graceOf = ({ instance: { stopTimeout } }: UnitContext): number =>
  Math.max(5, (stopTimeout ?? defaultPatience) * 10 - 10);

/** supervise-daemon runs processes in the foreground; what it does not do itself a script sees to. */
export const translate = (process: ManagedProcess, context: UnitContext): Translation => {
  const { name, description, environment, directory, path, user, umask, nice, initialize, credentials } = process;
  const [program = '', ...args] = foregroundWords(process, context, 'openrc', graceOf(context));
  return {
    arguments: {
      name,
      description,
      process: program,
      args,
      environment,
      path,
      ...(directory === null ? {} : { directory }),
      ...(user === null ? {} : { user }),
      ...(umask === null ? {} : { umask }),
      ...(nice === null ? {} : { nice }),
      ...(initialize === '' ? {} : { initialize }),
      dependencies: context.dependencies,
      credentials: credentialsArguments(credentials),
    },
    unsupported: lostSettings(initialize),
  };
};
