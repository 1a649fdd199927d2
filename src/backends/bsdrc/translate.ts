import type { ManagedProcess } from '../../model/process-model.js';
import { programOf } from '../../model/program-of.js';
import type { Translation, UnitContext } from '../backend.js';
import { credentialsArguments } from '../shared/credentials-arguments.js';
import { shellQuote } from '../shared/shell-quote.js';
import { lostSettings } from '../shared/lost-settings.js';
import { hiddenFromCommands } from './script.js';

/** Variables that a shell takes from another one, and that change nothing of what it does itself. */
const isVariable = (name: string): boolean => /^[A-Za-z][A-Za-z0-9_]*$/.test(name) && name !== 'IFS';

/**
 * Runs the model's commands in a shell of their own: rc.subr(8) calls methods where shells ignore `set -e`, by which the
 * first one that fails ends the start.
 */
const initialization = ({ initialize, environment, path }: ManagedProcess, context: UnitContext): string => {
  const directories = path.map((entry) => `${entry}/bin`).join(':');
  const hidden = hiddenFromCommands(environment);
  const command = [
    ...(directories === '' ? [] : [`PATH=${shellQuote(directories)}:$PATH`]),
    ...Object.keys(hidden)
      .filter(isVariable)
      .sort()
      .map((name) => `${name}=${shellQuote(hidden[name] ?? '')}`),
    shellQuote(context.instance.tools['shell'] ?? '/bin/sh'),
    '-e',
    shellQuote(context.storeText('initialize', initialize)),
  ].join(' ');
  return ['nixproc_divert_output', command, 'nixproc_restore_output "$?"'].join('\n');
};

/**
 * Says to createBSDRCScript what a process is. An rc.d script wants a daemon; daemon(8) keeps a process that stays in the
 * foreground in the background. Everything can be expressed.
 *
 * @throws ModelError for a process without any command.
 */
export const translate = (process: ManagedProcess, context: UnitContext): Translation => {
  const { instance, dependencies } = context;
  const command = programOf(process, instance.instance, 'daemon');
  return {
    arguments: {
      name: process.name,
      instanceName: process.instanceName,
      description: process.description,
      command: command.executable,
      commandArgs: command.args,
      commandIsDaemon: process.daemon !== null,
      pidFile: process.pidFile,
      environment: process.environment,
      path: process.path,
      directory: process.directory,
      umask: process.umask,
      nice: process.nice,
      user: process.user,
      ...(process.initialize.trim() === '' ? {} : { commands: { start: { pre: initialization(process, context) } } }),
      // After the network and the system's own services; stopped in good order when the machine goes down.
      requires: ['DAEMON'],
      keywords: ['shutdown'],
      dependencies,
      credentials: credentialsArguments(process.credentials),
    },
    unsupported: lostSettings(process.initialize),
  };
};
