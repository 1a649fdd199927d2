import { ModelError } from '../../system/errors.js';
import { watchedPidFile } from '../../model/pid-file.js';
import type { JsonObject } from '../../system/json.js';
import type { ProfileContext, ProfileFile, RenderedUnit, UnitContext } from '../backend.js';
import { cleanStart, surroundingsVersion } from '../shared/clean-start.js';
import { markedStart } from '../shared/marked-start.js';
import { daemonProxyScript } from '../shared/daemon-proxy.js';
import { awaitDependencies } from '../shared/readiness-program.js';
import { searchPath } from '../shared/search-path.js';
import { toActivation, toProfileData, type ActivationData } from './activation-data.js';
import { carryExecution } from './carry-values.js';
import { quoteWord } from './command-words.js';
import { isOn, optionNames, parseProgram, type OptionName, type SupervisordProgram } from './config.js';
import { expandFormat, formatOf, formatTwice, repairFormat } from './format-string.js';
import { environmentEntry, fitsPath, fitsValue, renderSection } from './ini.js';
import { tool } from './tools.js';

/** The file of a program in a profile. */
export const programFile = (name: string): string => `conf.d/${name}.conf`;

/** Options of a program, by their names. */
export type Options = SupervisordProgram['options'];

/**
 * Options that supervisord would default otherwise:
 * - What a program prints goes to a file in the log directory (supervisord's own default is a file in /tmp that it
 *   deletes when it starts), stderr too unless it has a file of its own. supervisord rotates it: 50 MB, 10 backups.
 * - What has to be killed is killed with the processes it started: they would hold its ports and files. Unless the model
 *   says that nobody but the process itself is to end.
 * - Left as it is: autorestart=unexpected (a crash is repaired; a process that ends with exit code 0 wanted to),
 *   startsecs=1, startretries=3, stopwaitsecs=10.
 */
const withDefaults = (options: Options, { instance }: UnitContext): Options => {
  const { name, directories, endsAlone } = instance;
  const log = `${formatOf(directories.logDir)}/nixproc-${name}`;
  const { stdout_logfile: stdout = 'AUTO', stderr_logfile: stderr = 'AUTO' } = options;
  const redirect = options.redirect_stderr ?? String(options.stderr_logfile === undefined);
  // AUTO leaves the choice to whoever runs the program: to us.
  const chosen = (path: string, choice: string): string => (path.toUpperCase() === 'AUTO' ? choice : path);
  return {
    killasgroup: String(!endsAlone),
    ...options,
    redirect_stderr: redirect,
    stdout_logfile: chosen(stdout, `${log}.log`),
    ...(isOn(redirect) ? {} : { stderr_logfile: chosen(stderr, `${log}.stderr.log`) }),
  };
};

/** Options that say nothing about how the process runs: a difference does not restart it. */
const cosmetic = new Set<OptionName>(['priority']);

/** Tenths of a second between TERM and KILL for a daemon: a second less than what its proxy gets itself. */
const grace = ({ stopwaitsecs = '10' }: Options): number => Math.max(5, Number(stopwaitsecs) * 10 - 10);

/** The proxy in front of a command that starts a daemon. */
const proxyWords = (pidFile: string, options: Options, context: UnitContext): readonly string[] => {
  const { process, directories } = context.instance;
  const watched = process.kind === 'managed' ? watchedPidFile(process, directories) : null;
  const script = daemonProxyScript(tool(context, 'coreutils'), watched?.path === pidFile ? watched.guess : null);
  return [tool(context, 'shell'), context.storeText('daemon-proxy', script), pidFile, String(grace(options))];
};

const environmentOf = (variables: Readonly<Record<string, string>>): string =>
  Object.keys(variables)
    .sort()
    .flatMap((name) => environmentEntry(name, variables[name] ?? '') ?? [])
    .join(',');

const isLogFile = (option: OptionName): boolean => option.endsWith('_logfile');

/** Values that the launch script cannot take over from the configuration file. */
const checkOptions = (options: Options, { instance }: UnitContext): void => {
  for (const name of optionNames) {
    const value = options[name];
    if (value === undefined || fitsValue(value) || ((isLogFile(name) || name === 'directory') && fitsPath(value)))
      continue;
    throw new ModelError({
      what: `Process instance "${instance.instance}" has an option that supervisord cannot take`,
      why: `${name} is ${JSON.stringify(value)}: supervisord's configuration has no way to write that`,
      fix: isLogFile(name)
        ? 'Choose a log directory whose path has no control characters, and no space before ";" or "#"'
        : 'Write it with printable ASCII characters alone',
    });
  }
};

const isFile = (path: string): boolean => !/^(?:none|off|syslog|auto|)$/i.test(path);

/** What activation has to know of a program with these options. */
export const activationOfOptions = (options: Options, name: string): ActivationData => {
  const { autostart = 'true', exitcodes = '0', process_name = '%(program_name)s' } = options;
  const number = (option: 'numprocs' | 'numprocs_start' | 'startsecs' | 'startretries' | 'stopwaitsecs', or: number) =>
    Number(options[option] ?? or);
  const first = number('numprocs_start', 0);
  const numbers = Array.from({ length: number('numprocs', 1) }, (_, index) => first + index);
  const expand = (format: string): readonly (string | null)[] =>
    numbers.map((process_num) =>
      expandFormat(format, { program_name: name, group_name: name, process_num, numprocs: numbers.length }),
    );
  const names = expand(process_name).flatMap((process) => process ?? []);
  const logs = [options.stdout_logfile, isOn(options.redirect_stderr) ? undefined : options.stderr_logfile];
  return {
    logFiles: [...new Set(logs.flatMap((log) => (log === undefined ? [] : expand(log))))].filter(
      (path) => path !== null && isFile(path),
    ) as readonly string[],
    processes: names.length === numbers.length ? names : null,
    autostart: isOn(autostart),
    startsecs: number('startsecs', 1),
    startretries: number('startretries', 3),
    stopwaitsecs: number('stopwaitsecs', 10),
    exitcodes: exitcodes.split(',').filter(Boolean).map(Number),
  };
};

/**
 * Writes a program as [program:NAME] (https://supervisord.org/configuration.html#program-x-section-settings).
 *
 * @throws ModelError naming the instance when an argument is of the wrong kind or unknown, or cannot be written.
 */
export const render = (args: JsonObject, context: UnitContext): RenderedUnit => {
  const { instance, level } = context;
  const program = parseProgram(args, context);
  const given = Object.fromEntries(
    Object.entries(program.options)
      .filter(([option]) => option !== 'user' || !instance.forceDisableUserChange)
      .map(([option, value]) => [option, repairFormat(value)]),
  ) as Options;
  const { directory, ...options } = withDefaults(given, context);

  const variables: Record<string, string> = {
    PATH: formatOf(searchPath(instance, program, 'tools-first')),
    ...Object.fromEntries(Object.entries(program.environment).map(([name, value]) => [name, repairFormat(value)])),
  };
  const command = program.command.map(repairFormat);
  const pidFile = program.pidFile ?? `${instance.directories.runtimeDir}/${instance.name}.pid`;
  const proxy = program.useProxy ? proxyWords(pidFile, options, context).map(formatOf) : [];
  // What stands in the foreground for a daemon belongs to it; otherwise one shell does for both.
  const mark = program.useProxy ? markedStart(context).map(formatOf) : [];
  const start = cleanStart(variables, context, [
    ...(['limits', 'account', 'descriptors'] as const),
    ...(program.useProxy ? [] : (['mark'] as const)),
  ]).map(formatOf);
  // All goes through a shell that knows no variables but its own kind.
  const inner = carryExecution({ command, variables, directory: directory ?? null }, true, context);
  // supervisord starts everything at once when it starts itself.
  const waiting = awaitDependencies(context, 'supervisord').map(formatOf);
  const carried = carryExecution(
    { ...inner, command: [...mark, ...waiting, ...proxy, ...start, ...inner.command] },
    false,
    context,
  );

  const settings: Options = {
    ...options,
    ...(carried.directory === null ? {} : { directory: carried.directory }),
    priority: options.priority ?? String(level + 1),
  };
  checkOptions(settings, context);
  const lines = optionNames.flatMap((option): readonly (readonly [OptionName, string])[] => {
    const value = settings[option];
    if (value === undefined) return [];
    // supervisord expands names of log files twice (supervisor/options.py, _processes_from_section).
    return [[option, isLogFile(option) ? formatTwice(value) : value]];
  });
  const quoted = (all: readonly string[]): string => all.map(quoteWord).join(' ');
  return {
    files: [
      {
        kind: 'file',
        path: programFile(instance.name),
        text: renderSection(`program:${instance.name}`, [
          ['command', quoted(carried.command)],
          ['environment', environmentOf(carried.variables)],
          ...lines,
        ]),
        executable: false,
      },
    ],
    properties: {
      // With our own scripts: supervisord goes on with the command that it has loaded, and nothing keeps their older
      // versions from being collected.
      command: quoted([...mark, ...proxy, ...start, ...command]),
      surroundings: surroundingsVersion,
      ...Object.fromEntries(Object.entries(variables).map(([name, value]) => [`environment.${name}`, value])),
      ...(directory === undefined ? {} : { directory }),
      ...Object.fromEntries(lines.filter(([option]) => !cosmetic.has(option))),
    },
    activation: toActivation({
      ...activationOfOptions(options, instance.name),
      ...(program.useProxy ? { watchedPidFile: pidFile } : {}),
    }),
    credentials: program.credentials,
  };
};

/** supervisord.conf: all that supervisord needs to run the programs of the profile, for whoever wants to do it by hand. */
export const profileFiles = ({ units }: ProfileContext): readonly ProfileFile[] => {
  const [first] = units;
  if (first === undefined) return [];
  const { runtimeDir, logDir } = first.context.instance.directories;
  const [run, log] = [formatOf(runtimeDir), formatOf(logDir)];
  const text = [
    renderSection('supervisord', [
      ['pidfile', `${run}/supervisord.pid`],
      ['logfile', `${log}/supervisord.log`],
      ['childlogdir', log],
    ]),
    renderSection('unix_http_server', [
      ['file', `${run}/supervisord.sock`],
      ['chmod', '0700'],
    ]),
    renderSection('rpcinterface:supervisor', [
      ['supervisor.rpcinterface_factory', 'supervisor.rpcinterface:make_main_rpcinterface'],
    ]),
    renderSection('supervisorctl', [['serverurl', `unix://${run}/supervisord.sock`]]),
    renderSection('include', [['files', 'conf.d/*.conf']]),
  ].join('\n');
  return [{ kind: 'file', path: 'supervisord.conf', text, executable: false }];
};

export const profileData = ({ units }: ProfileContext): JsonObject => {
  const [first] = units;
  if (first === undefined) return {};
  const { context } = first;
  return toProfileData({ supervisor: tool(context, 'supervisor'), shell: tool(context, 'shell') });
};
