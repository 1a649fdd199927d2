import type { LayoutDirectories, UnitContext } from '../backend.js';
import { cleanStart } from '../shared/clean-start.js';
import { launchScript } from '../shared/launch-script.js';
import { markedStart } from '../shared/marked-start.js';
import { readinessCommandOf } from '../shared/readiness-program.js';
import { defaultPatience, recordCommands } from '../shared/recorded-start.js';
import { requiredTool, storeName } from '../shared/required-tool.js';
import { searchPath } from '../shared/search-path.js';
import { shellCommand, shellQuote } from '../shared/shell-quote.js';
import { relations, type OpenRCService } from './config.js';
import { serviceName } from './service-name.js';

/** Seconds that a process gets after SIGKILL, which only the kernel can make longer. */
export const killTime = 5;

/** Files that a service's processes leave behind. */
export interface ServiceFiles {
  readonly recordFile: string;
  readonly logFile: string;
}

export const filesOf = (name: string, { runtimeDir, logDir }: LayoutDirectories): ServiceFiles => ({
  recordFile: `${runtimeDir}/nixproc-openrc/${name}`,
  logFile: `${logDir}/nixproc-${name}.log`,
});

/** Variables of a service's process and of the commands before it. */
export const environmentOf = (
  service: Pick<OpenRCService, 'environment' | 'path'>,
  { instance }: UnitContext,
): Readonly<Record<string, string>> => ({
  PATH: searchPath(instance, service, 'packages-first'),
  ...service.environment,
});

const logCommands = (logFile: string): string => `exec >>${shellQuote(logFile)} 2>&1`;

/** Variables that OpenRC and its supervisor give to what they run. */
const ownVariables = [
  'RC_SERVICE',
  'RC_SVCNAME',
  'SVCNAME',
  'EINFO_LASTCMD',
  'EINFO_LOG',
  'EINFO_COLOR',
  'EINFO_QUIET',
  'EINFO_VERBOSE',
];

/** The words that supervise-daemon(8) starts: scripts that become the process. */
const launchWords = (service: OpenRCService, context: UnitContext): readonly string[] => {
  const { user, umask, nice, directory, environment, words } = service;
  const { name, directories, stopTimeout } = context.instance;
  const { recordFile, logFile } = filesOf(name, directories);
  const coreutils = requiredTool(context, 'coreutils', 'openrc');
  const launch = launchScript({
    coreutils,
    umask: umask ?? '022',
    directory: directory ?? '/',
    nice,
    user: user === null ? null : { name: user, setpriv: requiredTool(context, 'setpriv', 'openrc') },
    initialize: [
      recordCommands(recordFile, coreutils, stopTimeout ?? defaultPatience),
      logCommands(logFile),
      `unset ${ownVariables.filter((variable) => !Object.hasOwn(environment, variable)).join(' ')}`,
    ].join('\n'),
    environment: environmentOf(service, context),
    cleanStart: cleanStart(environment, context),
    command: words,
  });
  const shell = requiredTool(context, 'shell', 'openrc');
  // OpenRC takes words apart at spaces, whatever is around them: these two have none.
  const marked = [...markedStart(context), shell, context.storeText(storeName(name, 'launch'), launch)];
  return [shell, context.storeText(storeName(name, 'supervised'), `exec ${shellCommand(marked)}\n`)];
};

/** The words of what is to be done before the process starts; null for nothing. */
const initializeWords = (service: OpenRCService, context: UnitContext): readonly string[] | null => {
  const { initialize, umask, directory } = service;
  if (initialize === '') return null;
  const { name, directories } = context.instance;
  const coreutils = requiredTool(context, 'coreutils', 'openrc');
  const script = launchScript({
    coreutils,
    umask: umask ?? '022',
    directory: directory ?? '/',
    initialize: [logCommands(filesOf(name, directories).logFile), initialize].join('\n'),
    environment: environmentOf(service, context),
    command: [`${coreutils}/bin/true`],
  });
  return [requiredTool(context, 'shell', 'openrc'), context.storeText(storeName(name, 'initialize'), script)];
};

/** The function `depend`: dependencies have to be up before, as in every other manager. */
const dependLines = ({ dependencies, depend }: OpenRCService): readonly string[] => {
  const lines = [
    ...(dependencies.length === 0 ? [] : [`need ${dependencies.map(serviceName).join(' ')}`]),
    ...relations.flatMap((relation) => {
      const services = depend[relation] ?? [];
      return services.length === 0 ? [] : [`${relation} ${services.join(' ')}`];
    }),
  ];
  return lines.length === 0 ? [] : ['depend() {', ...lines.map((line) => `    ${line}`), '}'];
};

/**
 * The function `start`, for an instance that is to be ready before it counts as started: then what depends on it can go on, at boot
 * as well. The supervisor's child writes its own PID down, a moment after the supervisor has gone to the background.
 */
const startLines = (readiness: readonly string[] | null, sleep: string): readonly string[] =>
  readiness === null
    ? []
    : [
        'start() {',
        '    default_start || return 1',
        '    nixproc_tries=0',
        '    while ! AWAITED_PID=$(service_get_value child_pid) && [ "$nixproc_tries" -lt 40 ]; do',
        '        nixproc_tries=$((nixproc_tries + 1))',
        `        ${sleep} 0.05`,
        '    done',
        '    export AWAITED_PID',
        `    ${shellCommand(readiness)} && return 0`,
        '    eerror "$RC_SVCNAME did not get ready"',
        '    default_stop',
        '    return 1',
        '}',
      ];

/** A service script of OpenRC (openrc-run(8)), whose process supervise-daemon watches over. */
export const scriptText = (service: OpenRCService, context: UnitContext): string => {
  const { name, stopTimeout } = context.instance;
  const [shell = '', ...words] = launchWords(service, context);
  const initialize = initializeWords(service, context);
  const readiness = readinessCommandOf(context, 'wait', 'openrc');
  const sleep = shellQuote(`${requiredTool(context, 'coreutils', 'openrc')}/bin/sleep`);
  const lines = [
    '#!/sbin/openrc-run',
    '',
    `description=${shellQuote(service.description.replaceAll(/\s+/g, ' '))}`,
    `name=${shellQuote(name)}`,
    'supervisor=supervise-daemon',
    // OpenRC evaluates these two once more.
    `command=${shellQuote(shellQuote(shell))}`,
    `command_args=${shellQuote(shellCommand(words))}`,
    `respawn_delay=${service.respawnDelay}`,
    `respawn_max=${service.respawnMax}`,
    `respawn_period=${service.respawnPeriod}`,
    `retry=TERM/${Math.max(1, Math.ceil(stopTimeout ?? defaultPatience))}/KILL/${killTime}`,
    'extra_started_commands=reload',
    '',
    ...dependLines(service),
    ...(initialize === null ? [] : ['start_pre() {', `    ${shellCommand(initialize)}`, '}']),
    ...startLines(readiness, sleep),
    'reload() {',
    '    kill -s HUP "$(service_get_value child_pid)"',
    '}',
  ];
  return `${lines.join('\n')}\n`;
};
