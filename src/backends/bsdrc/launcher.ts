import type { UnitContext } from '../backend.js';
import { cleanStart } from '../shared/clean-start.js';
import { launchScript } from '../shared/launch-script.js';
import { shellQuote } from '../shared/shell-quote.js';
import type { RcScript } from './config.js';
import { launchesInDirectory } from './script.js';

/** daemon(8): the process has no terminal, its PID is in a file as long as it lives, and its output is kept. */
const daemonCommand = (program: string, { pidFile, logFile }: RcScript): readonly string[] => [
  program,
  '-f',
  ...['-p', pidFile],
  ...(logFile === null ? [] : ['-o', logFile]),
  '--',
];

/** What only our own functions are meant to see. */
const ownVariables = ['NIXPROC_START_TIMEOUT', 'NIXPROC_STOP_TIMEOUT'];

/** A daemon outlives who has called the script, and whoever listens to it. */
const redirection = (logFile: string | null): string =>
  logFile === null
    ? 'exec </dev/null >/dev/null 2>&1'
    : [
        'exec </dev/null',
        `if (: >>${shellQuote(logFile)}) 2>/dev/null; then`,
        `    exec >>${shellQuote(logFile)} 2>&1`,
        'else',
        '    exec >/dev/null 2>&1',
        'fi',
      ].join('\n');

/**
 * The text of the script that becomes the process. rc.subr(8) has shells read a command several times: it could not hand
 * on every argument and variable as it is. What rc.conf(5) says in NAME_flags comes before the model's arguments.
 */
export const launcherText = (script: RcScript & { readonly command: string }, context: UnitContext): string => {
  const { command, commandArgs, commandIsDaemon, logFile, environment, path, directory } = script;
  const { tools } = context.instance;
  const searchPath = path.map((entry) => `${entry}/bin`).join(':');
  const text = launchScript({
    coreutils: tools['coreutils'] ?? '',
    directory: launchesInDirectory(script) ? directory : null,
    environment: { ...(searchPath === '' ? {} : { PATH: searchPath }), ...environment },
    initialize: [
      `unset ${ownVariables.filter((name) => !Object.hasOwn(environment, name)).join(' ')}`,
      ...(commandIsDaemon ? [redirection(logFile)] : []),
    ].join('\n'),
    command: [command, ...commandArgs],
    takesOptions: true,
    cleanStart: cleanStart(environment, context),
    // daemon(8) stays, and closes nothing: a lock of the caller would be held as long as it does.
    keeper: commandIsDaemon
      ? []
      : [
          ...cleanStart(environment, context, ['descriptors']),
          ...daemonCommand(tools['daemon'] ?? '/usr/sbin/daemon', script),
        ],
  });
  return `#!${tools['shell'] ?? '/bin/sh'}\n${text}`;
};
