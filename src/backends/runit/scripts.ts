import type { UnitContext } from '../backend.js';
import { cleanStart } from '../shared/clean-start.js';
import { launchScript } from '../shared/launch-script.js';
import { markedStart } from '../shared/marked-start.js';
import { becomeOnlyProcess } from '../shared/only-process.js';
import { readinessCommandOf } from '../shared/readiness-program.js';
import { requiredTool, storeName } from '../shared/required-tool.js';
import { searchPath } from '../shared/search-path.js';
import { shellCommand, shellQuote } from '../shared/shell-quote.js';
import type { RunitService } from './config.js';

/** Seconds that a process gets to end before it is killed, where the model says nothing. */
export const defaultPatience = 10;

/**
 * Where the PID of a process is written, in the service directory, when what is done before it is over: until then the shell
 * that does it is all that there is to be seen.
 */
export const begunFile = 'nixproc-begun';

/** How the shell that does it is told where that file is: it may go to another directory. */
const begunVariable = 'NIXPROC_BEGUN';

const program = (context: UnitContext, name: 'chpst' | 'svlogd'): string =>
  `${requiredTool(context, 'runit', 'runit')}/bin/${name}`;

const scriptOf = (context: UnitContext, ...lines: readonly string[]): string =>
  [`#!${requiredTool(context, 'shell', 'runit')}`, ...lines, ''].join('\n');

/** Variables of a service's process and of the commands before it. */
export const environmentOf = (
  service: Pick<RunitService, 'environment' | 'path'>,
  { instance }: UnitContext,
): Readonly<Record<string, string>> => ({
  PATH: searchPath(instance, service, 'packages-first'),
  ...service.environment,
});

/**
 * The `run` script of a service directory. It becomes the process, which leads a session of its own (chpst -P), so that what
 * comes of it can be found and ended.
 */
export const runScript = (service: RunitService, context: UnitContext): string => {
  const { user, umask, nice, environment, initialize, directory } = service;
  if (service.program.kind === 'script') return service.program.text;
  const { words } = service.program;
  const { name, stopTimeout } = context.instance;
  const launch = launchScript({
    coreutils: requiredTool(context, 'coreutils', 'runit'),
    umask: umask ?? '022',
    directory: directory ?? '/',
    nice,
    user: user === null ? null : { name: user, setpriv: requiredTool(context, 'setpriv', 'runit') },
    initialize:
      initialize === '' ? '' : `${initialize}\nprintf '%s\\n' "$$" >"$${begunVariable}"\nunset ${begunVariable}`,
    environment: environmentOf(service, context),
    cleanStart: cleanStart(environment, context),
    command: words,
  });
  const stopTime = (stopTimeout ?? defaultPatience) * 1000;
  return scriptOf(
    context,
    'exec 2>&1',
    ...(initialize === '' ? [] : [`export ${begunVariable}="$PWD/${begunFile}"`]),
    `exec ${shellCommand([
      ...becomeOnlyProcess(context, { manager: 'runit', program: 'runsv', stopTime }),
      ...[program(context, 'chpst'), '-P'],
      ...markedStart(context),
      ...[requiredTool(context, 'shell', 'runit'), context.storeText(storeName(name, 'launch'), launch)],
    ])}`,
  );
};

/** The `check` script, which sv(8) asks whether a service is available; null when the model says nothing about that. */
export const checkScript = (service: RunitService, context: UnitContext): string | null => {
  if (service.check !== null) return service.check;
  const command = readinessCommandOf(context, 'look', 'runit');
  return command === null ? null : scriptOf(context, `exec ${shellCommand(command)} >/dev/null 2>&1`);
};

/** The directory that svlogd keeps the log of a service in; the newest part is its file `current`. */
export const logDirectory = ({ instance: { name, directories } }: UnitContext): string =>
  `${directories.logDir}/runit/${name}`;

/** The `log/run` script: what the process prints, as it is, in files of a megabyte, of which svlogd keeps ten. */
export const logScript = (context: UnitContext): string => {
  const directory = shellQuote(logDirectory(context));
  const mkdir = shellQuote(`${requiredTool(context, 'coreutils', 'runit')}/bin/mkdir`);
  return scriptOf(
    context,
    'cd / || exit 111',
    `${mkdir} -p -- ${directory} || exit 111`,
    `exec ${shellQuote(program(context, 'svlogd'))} ${directory}`,
  );
};
