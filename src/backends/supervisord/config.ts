import { constants } from 'node:os';
import type { UnitContext } from '../backend.js';
import type { Credentials } from '../../model/process-model.js';
import { ModelError } from '../../system/errors.js';
import { isJsonObject, nixToString, type Json, type JsonObject } from '../../system/json.js';
import { credentialsFromArguments } from '../shared/credentials-arguments.js';
import { splitWords } from '../shared/split-words.js';

/**
 * What supervisord has to know of one program. Texts are format strings (format-string.ts), since that is what users of
 * supervisord write.
 */
export interface SupervisordProgram {
  /** The words of `command`. */
  readonly command: readonly string[];
  /** The command starts a daemon and ends: a proxy stays in its place. */
  readonly useProxy: boolean;
  /** Where that daemon writes its PID, a plain text; null for the default. */
  readonly pidFile: string | null;
  /** Packages whose bin/ goes on PATH. */
  readonly path: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly credentials: Credentials;
  /** The other options of [program:NAME] that are set, as text. */
  readonly options: Readonly<Partial<Record<OptionName, string>>>;
}

type Check = (text: string) => string | null;

const matches =
  (pattern: RegExp, expected: string): Check =>
  (text) =>
    pattern.test(text) ? null : expected;

const boolean = matches(/^(?:true|false|yes|no|on|off|1|0)$/i, 'true or false');
const integer = matches(/^[+-]?\d+$/, 'an integer');
const count = matches(/^\d+$/, 'an integer that is not negative');
const bytes = matches(/^\d+(?:kb|mb|gb)?$/i, 'a number of bytes, with KB, MB or GB behind it or not');
const octal = matches(/^[0-7]{1,4}$/, 'octal digits');
const text: Check = () => null;
const restartPolicy = matches(/^(?:true|false|yes|no|on|off|1|0|unexpected)$/i, 'true, false or unexpected');
const exitCodes: Check = (value) =>
  value === '' || value.split(',').every((code) => /^\s*\d+\s*$/.test(code) && Number(code) <= 255)
    ? null
    : 'exit codes from 0 to 255 with commas between them';
const signal: Check = (value) => {
  const name = value.trim().toUpperCase();
  return name in constants.signals || `SIG${name}` in constants.signals || /^(?:[1-9]|[1-5]\d|6[0-4])$/.test(name)
    ? null
    : 'the name or number of a signal';
};

/** Options of [program:NAME] besides command and environment, each with what supervisord 4.2 accepts for it. */
const options = {
  autorestart: restartPolicy,
  autostart: boolean,
  directory: text,
  exitcodes: exitCodes,
  killasgroup: boolean,
  numprocs: matches(/^[1-9]\d*$/, 'a positive integer'),
  numprocs_start: count,
  priority: integer,
  process_name: text,
  redirect_stderr: boolean,
  serverurl: text,
  startretries: count,
  startsecs: count,
  stderr_capture_maxbytes: bytes,
  stderr_events_enabled: boolean,
  stderr_logfile: text,
  stderr_logfile_backups: count,
  stderr_logfile_maxbytes: bytes,
  stderr_syslog: boolean,
  stdout_capture_maxbytes: bytes,
  stdout_events_enabled: boolean,
  stdout_logfile: text,
  stdout_logfile_backups: count,
  stdout_logfile_maxbytes: bytes,
  stdout_syslog: boolean,
  stopasgroup: boolean,
  stopsignal: signal,
  stopwaitsecs: count,
  umask: octal,
  user: text,
} as const satisfies Record<string, Check>;

export type OptionName = keyof typeof options;
export const optionNames = Object.keys(options) as readonly OptionName[];

const isOption = (name: string): name is OptionName => Object.hasOwn(options, name);

/** Arguments of createSupervisordProgram that are not options of the program. */
const ownArguments = new Set([
  'name',
  'command',
  'useProxy',
  'pidFile',
  'path',
  'environment',
  'dependencies',
  'credentials',
  'postInstall',
]);

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** A value as supervisord writes it: true and false in words, lists with commas. */
const optionText = (value: Exclude<Json, null>): string => {
  if (typeof value === 'boolean') return String(value);
  return isList(value) ? value.map(nixToString).join(',') : nixToString(value);
};

/** What a boolean option of supervisord says. */
export const isOn = (value: string | undefined): boolean => /^(?:true|yes|on|1)$/i.test(value ?? '');

/**
 * Checks the arguments of createSupervisordProgram. Everything is checked here that would otherwise keep supervisord
 * from reading its configuration, because then all other programs could no longer be changed either.
 *
 * @throws ModelError naming the process instance and the argument.
 */
export const parseProgram = (args: JsonObject, { instance }: UnitContext): SupervisordProgram => {
  const fail = (why: string, fix: string): never => {
    throw new ModelError({
      what: `Process instance "${instance.instance}" has an argument that supervisord cannot take`,
      why,
      fix,
    });
  };
  const show = (value: Json): string => JSON.stringify(value);
  const asText = (name: string, value: Json | undefined): string | null => {
    if (value === undefined || value === null) return null;
    if (isJsonObject(value)) return fail(`${name} is an attribute set`, `Make ${name} a text`);
    return nixToString(value);
  };

  const command = asText('command', args['command']);
  const words = ((): readonly string[] => {
    try {
      return splitWords(command ?? '');
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return fail(
        `command is ${show(command)}: ${error.message}`,
        'Close its quotes, or escape what is a mere character',
      );
    }
  })();
  if (words.length === 0)
    fail('There is no command', 'Set process or foregroundProcess (command for createSupervisordProgram)');

  const { useProxy = false, path = [], environment = {} } = args;
  if (typeof useProxy !== 'boolean') return fail(`useProxy is ${show(useProxy)}`, 'Make useProxy true or false');
  if (!isList(path)) return fail(`path is ${show(path)}`, 'Make path a list of packages');
  if (environment !== null && !isJsonObject(environment)) {
    return fail(`environment is ${show(environment)}`, 'Make environment an attribute set');
  }

  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment ?? {})) {
    if (name === '' || /[=\0]/.test(name)) {
      fail(`environment has a variable named ${show(name)}`, 'A name is not empty and has no "=" in it');
    }
    variables[name] = asText(`environment.${name}`, value) ?? '';
  }

  const set: Partial<Record<OptionName, string>> = {};
  for (const [name, value] of Object.entries(args)) {
    if (ownArguments.has(name) || value === null) continue;
    if (!isOption(name)) {
      return fail(
        `There is no option "${name}" in [program:…]`,
        `Remove it, or choose one of: ${optionNames.join(', ')}`,
      );
    }
    if (isJsonObject(value)) return fail(`${name} is an attribute set`, `Make ${name} a text, a number or a list`);
    const written = optionText(value);
    const expected = options[name](written);
    if (expected !== null) fail(`${name} is ${show(value)}`, `It has to be ${expected}`);
    set[name] = written;
  }
  if (isOn(set.stopasgroup) && set.killasgroup !== undefined && !isOn(set.killasgroup)) {
    fail('stopasgroup is true and killasgroup is false', 'Set both, or only killasgroup (supervisord refuses this)');
  }
  if (Number(set.numprocs ?? 1) > 1 && !(set.process_name ?? '').includes('%(process_num)')) {
    fail('numprocs is more than 1, and all processes have the same name', 'Put %(process_num)d into process_name');
  }

  return {
    command: words,
    useProxy,
    pidFile: asText('pidFile', args['pidFile']),
    path: path.flatMap((directory) => asText('path', directory) ?? []),
    environment: variables,
    credentials: credentialsFromArguments(args['credentials'], instance),
    options: set,
  };
};
