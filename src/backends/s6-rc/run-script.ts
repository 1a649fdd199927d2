import type { CommandLine, ManagedProcess } from '../../model/process-model.js';
import { ModelError } from '../../system/errors.js';
import type { UnitContext } from '../backend.js';
import { cleanStart } from '../shared/clean-start.js';
import { markedStart } from '../shared/marked-start.js';
import { launchScript, variablesLostInShells } from '../shared/launch-script.js';
import { becomeOnlyProcess, type ServiceSupervisor } from '../shared/only-process.js';
import { searchPath } from '../shared/search-path.js';
import { execlineScript, type ExeclineCommand } from './execline.js';
import { notifyOnCheck } from './notify-on-check.js';
import { storeName, tool } from './tools.js';

const supervisor: ServiceSupervisor = { manager: 's6-rc', program: 's6-supervise', stopTime: null };

/**
 * Has the commands that follow found among the tools, whatever s6-svscan's own PATH is. A command of execline looks for
 * the next one where its own PATH says, so that a new PATH takes effect one command later.
 */
export const findCommands = (
  path: string,
  execline: string,
  [next = '', ...args]: readonly string[],
): readonly ExeclineCommand[] => [
  [`${execline}/bin/export`, 'PATH', path],
  [`${execline}/bin/${next}`, ...args],
];

/**
 * Variables of the process, set by one command each. PATH comes last: before that, it is where the commands themselves
 * are found.
 */
const exportCommands = (
  environment: ManagedProcess['environment'],
  { instance }: UnitContext,
): readonly ExeclineCommand[] => {
  const unfit = Object.keys(environment).find((name) => name === '' || name.includes('='));
  if (unfit !== undefined) {
    throw new ModelError({
      what: `Process instance "${instance.instance}" has a variable named ${JSON.stringify(unfit)} in its environment`,
      why: 'The name of a variable is not empty and has no "=" in it',
      fix: 'Correct the name',
    });
  }
  return Object.entries(environment)
    .sort(([a], [b]) => Number(a === 'PATH') - Number(b === 'PATH') || (a < b ? -1 : 1))
    .map(([name, value]) => ['export', name, value]);
};

/** Has env set the variables that a shell would lose. */
const carried = (environment: ManagedProcess['environment'], context: UnitContext): readonly string[] => {
  const lost = Object.entries(variablesLostInShells(environment)).sort(([a], [b]) => (a < b ? -1 : 1));
  return lost.length === 0
    ? []
    : [`${tool(context, 'coreutils')}/bin/env`, '--', ...lost.map(([name, value]) => `${name}=${value}`)];
};

/** What becomes the process: by a shell when commands run before it, which may set variables for it. */
const becomeProcess = (
  process: ManagedProcess,
  { executable, args }: CommandLine,
  context: UnitContext,
): readonly ExeclineCommand[] => {
  const { initialize, directory, nice, user, environment } = process;
  const exports = exportCommands(environment, context);
  if (initialize === '') {
    return [
      // As root, before the user is switched; without one, the shell that comes anyway does it.
      ...(user === null ? [] : [markedStart(context)]),
      ...(nice === null ? [] : [['nice', '-n', String(nice)]]),
      // It removes variables called UID, GID and GIDLIST: those of the process are set afterwards.
      ...(user === null ? [] : [['s6-setuidgid', user]]),
      ...exports,
      [
        ...cleanStart(environment, context, ['limits', 'account', ...(user === null ? (['mark'] as const) : [])]),
        // Neither s6 nor a shell hands these on.
        ...carried(environment, context),
        executable,
        ...args,
      ],
    ];
  }
  const script = launchScript({
    coreutils: tool(context, 'coreutils'),
    directory,
    initialize,
    nice,
    user: user === null ? null : { name: user, setpriv: tool(context, 'setpriv') },
    environment: variablesLostInShells(environment),
    cleanStart: cleanStart(environment, context, ['account']),
    command: [executable, ...args],
  });
  return [
    markedStart(context),
    ...exports,
    [tool(context, 'shell'), context.storeText(storeName(process.name, 'launch'), script)],
  ];
};

/** The `run` file of a process that stays in the foreground; what it prints on stderr goes to its log as well. */
export const runScript = (process: ManagedProcess, program: CommandLine, context: UnitContext): string => {
  const { umask, directory, initialize } = process;
  const execline = tool(context, 'execline');
  return execlineScript(execline, [
    // In the service directory, where it writes itself down; before anybody looks whether it is ready.
    becomeOnlyProcess(context, supervisor),
    // In the service directory, where it sees when the process has ended.
    ...notifyOnCheck(context),
    ...findCommands(searchPath(context.instance, process, 'tools-first'), execline, ['fdmove', '-c', '2', '1']),
    ...(umask === null ? [] : [['execline-umask', umask]]),
    // The service directory that s6-supervise works in would be the process's own, and could not be removed.
    // Where commands run before the process, they may have to make its own first: their shell goes there.
    ['execline-cd', initialize === '' ? (directory ?? '/') : '/'],
    ...becomeProcess(process, program, context),
  ]);
};
