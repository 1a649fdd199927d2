import type { CommandLine, ManagedProcess } from '../../model/process-model.js';
import { programOf } from '../../model/program-of.js';
import { ModelError } from '../../system/errors.js';
import type { JsonObject } from '../../system/json.js';
import type { Translation, UnitContext } from '../backend.js';
import { credentialsArguments } from '../shared/credentials-arguments.js';
import { lostSettings } from '../shared/lost-settings.js';
import { shellQuote } from '../shared/shell-quote.js';
import { commandExecutable, commandWord, environmentAssignment, isStartable, wholeValue } from './escape.js';
import { tool } from './tools.js';
import { storeName } from './unit-name.js';

/** How a value of a property is written that systemd takes as a whole. @throws ModelError naming the property */
type WriteValue = (property: string, text: string) => string;

/**
 * Says to createSystemdService what a process is. systemd likes processes in the foreground; a daemon is told to it as
 * one that forks, and perhaps writes a PID file. Everything can be expressed.
 *
 * @throws ModelError for a process without any command, and for a value that systemd cannot be told.
 */
export const translate = (process: ManagedProcess, context: UnitContext): Translation => {
  const { name, description, foreground, pidFile, namesPidFile, user, umask, nice } = process;
  const { instance, readiness } = context.instance;
  const notifies = readiness?.probe.kind === 'notify';
  const command = programOf(process, instance, 'foreground');
  const refuse = (property: string, text: string, why: string): never => {
    throw new ModelError({
      what: `Process instance "${instance}" has a value that systemd cannot take: ${property}`,
      why: `It is ${JSON.stringify(text)}; ${why}`,
      fix: `Give it another ${property}`,
    });
  };
  const value: WriteValue = (property, text) =>
    wholeValue(text) ??
    refuse(property, text, 'systemd has no way to write control characters there, or blanks at an end');
  const path: WriteValue = (property, text) =>
    text.startsWith('/') ? value(property, text) : refuse(property, text, 'it has to be an absolute path');
  return {
    arguments: {
      name,
      path: process.path,
      environment: process.environment,
      dependencies: context.dependencies,
      credentials: credentialsArguments(process.credentials),
      // Words for people: what cannot be shown is left out.
      Unit: { Description: wholeValue(description.replace(/\s+/g, ' ').trim()) ?? name },
      Service: {
        // For both, `systemctl start` waits until the program runs.
        ...(foreground === null
          ? // Any other file may never come, for which systemd would wait in vain; it finds the process itself.
            { Type: 'forking', ...(namesPidFile ? { PIDFile: path('pidFile', pidFile) } : {}) }
          : { Type: notifies ? 'notify' : 'exec' }),
        ExecStart: commandLine(command, context),
        // No other manager has processes ignore a signal.
        IgnoreSIGPIPE: 'no',
        ...initialization(process, context),
        ...workingDirectory(process, path),
        ...(umask === null
          ? {}
          : { UMask: umask.length > 4 ? refuse('umask', umask, 'it has four digits at most') : umask }),
        // Outside of this range systemd would leave it alone; nice(1) takes what is nearest.
        ...(nice === null ? {} : { Nice: Math.max(-20, Math.min(19, nice)) }),
        ...(user === null ? {} : { User: value('user', user) }),
      },
    },
    unsupported: [
      ...(notifies && foreground === null
        ? ['cannot be told by a daemon that it is ready: it is ready when it has forked']
        : []),
      ...lostSettings(process.initialize),
    ],
  };
};

const commandLine = ({ executable, args }: CommandLine, context: UnitContext): string => {
  const words = args.map(commandWord);
  if (isStartable(executable)) return [commandExecutable(executable), ...words].join(' ');
  // nice(1) takes any path, and looks for a name on PATH; it changes nothing. (env would take "=" for a variable.)
  const nice = `${tool(context, 'coreutils')}/bin/nice`;
  return [...[nice, '-n', '0', '--', executable].map(commandWord), ...words].join(' ');
};

/**
 * Shell commands before the process, in a script of their own. They run as root where the process does not: that is
 * what the plus sign says (systemd.service(5)).
 */
const initialization = (process: ManagedProcess, context: UnitContext): JsonObject => {
  const { name, initialize, directory, environment, user } = process;
  if (initialize === '') return {};
  const lost = Object.entries(environment).filter(
    ([variable, text]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(variable) && environmentAssignment(variable, text) === null,
  );
  const lines = [
    'set -e',
    ...lost.map(([variable, text]) => `export ${variable}=${shellQuote(text)}`),
    initialize,
    ...(directory === null ? [] : [`cd -- ${shellQuote(directory)}`]),
  ];
  const script = context.storeText(storeName(name, 'initialize'), `${lines.join('\n')}\n`);
  const command = [tool(context, 'shell'), script].map(commandWord).join(' ');
  return { ExecStartPre: `${user === null ? '' : '+'}${command}` };
};

/**
 * systemd wants the directory to be there for what comes before the process as well, although that may be what makes
 * it. So it may be missing then, and the script before looks for it in the end.
 */
const workingDirectory = ({ directory, initialize }: ManagedProcess, path: WriteValue): JsonObject => {
  if (directory === null) return {};
  // A slash at the end changes nothing, but that systemd trims no blanks there.
  const written = path('directory', /[ \t]$/.test(directory) ? `${directory}/` : directory);
  return { WorkingDirectory: initialize === '' ? written : `-${written}` };
};
