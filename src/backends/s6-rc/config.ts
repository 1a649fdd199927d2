import { constants } from 'node:os';
import type { Credentials, ProcessInstance } from '../../model/process-model.js';
import { ModelError } from '../../system/errors.js';
import type { JsonObject } from '../../system/json.js';
import * as z from '../../system/schema.js';
import {
  absolutePath,
  anything,
  argumentError,
  flag,
  parseArguments,
  text,
  type ArgumentReader,
} from '../shared/argument-schema.js';
import { credentialsFromArguments } from '../shared/credentials-arguments.js';
import { serviceNameProblem } from './service-name.js';

/** A file of a service definition: its text, or the path of a file that has it. */
export type Content =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'path'; readonly path: string };

interface Common {
  readonly name: string;
  /** `s6-rc -d change` refuses to stop it. */
  readonly flagEssential: boolean;
}

export interface Atomic extends Common {
  /** Names of services and bundles; null for those of the process in the model. */
  readonly dependencies: readonly string[] | null;
  /** Milliseconds that s6-rc waits for it to be up, or down; null: without end. */
  readonly timeoutUp: number | null;
  readonly timeoutDown: number | null;
  readonly credentials: Credentials;
}

/** Where and as whom what a service prints is logged. */
export interface LogSettings {
  readonly logDir: string;
  /** null, as when user changes are disabled: whoever s6-svscan runs as. */
  readonly user: string | null;
  readonly group: string | null;
}

/** A process that s6-supervise runs (createLongRunService). */
export interface LongRun extends Atomic {
  readonly kind: 'longrun';
  readonly run: Content;
  readonly finish: Content | null;
  /** The file descriptor that the process writes a line to when it is ready; null for one that does not say. */
  readonly notificationFd: number | null;
  /** Milliseconds before SIGKILL: null as s6 has it, without end (0 as well) and 5000. */
  readonly timeoutKill: number | null;
  readonly timeoutFinish: number | null;
  readonly nosetsid: boolean;
  readonly maxDeathTally: number | null;
  readonly downSignal: string | null;
  /** Directories that are copied into the service directory. */
  readonly data: string | null;
  readonly env: string | null;
  readonly producerFor: string | null;
  readonly consumerFor: readonly string[];
  readonly pipelineName: string | null;
  /** null for one whose output nobody logs but s6-svscan, or a service of the model's own. */
  readonly log: LogSettings | null;
}

/** Commands for going up and down (createOneShotService). */
export interface OneShot extends Atomic {
  readonly kind: 'oneshot';
  readonly up: Content;
  readonly down: Content | null;
  /** Not s6-rc's, but this program's: commands that make it read its configuration, and that say whether it runs. */
  readonly reload: Content | null;
  readonly status: Content | null;
  /** Where the daemon that `up` starts writes its PID; null when it starts none. */
  readonly pidFile: string | null;
}

/** One name for several services (createServiceBundle). */
export interface Bundle extends Common {
  readonly kind: 'bundle';
  readonly contents: readonly string[];
}

/** The logger of the service NAME-srv, as a process of its own (createLogServiceForLongRunService). */
export interface LogService {
  readonly kind: 'log';
  readonly name: string;
  readonly loggedName: string;
  readonly log: LogSettings;
}

export type Service = LongRun | OneShot | Bundle | LogService;

const integer = (least: number, most: number) =>
  z.pipe(
    z.pipe(
      z.union([z.int(), z.string().check(z.regex(/^\d+$/, 'expected an integer'))], { error: 'expected an integer' }),
      z.transform(Number),
    ),
    z.number().check(z.minimum(least, `expected at least ${least}`), z.maximum(most, `expected at most ${most}`)),
  );
const milliseconds = integer(0, 4_294_967_295);
const serviceName = z.pipe(text, z.string().check(z.regex(/^[^\s#/.][^\n/]*$/, 'expected the name of a service')));
const names = z.array(serviceName, { error: 'expected a list of services' });
const signal = z.pipe(
  text,
  z.string().check(
    z.refine((value) => {
      const name = value.trim().toUpperCase();
      return name in constants.signals || `SIG${name}` in constants.signals || /^(?:[1-9]|[1-5]\d|6[0-4])$/.test(name);
    }, 'expected the name or number of a signal'),
  ),
);

const isPath = (value: string): boolean => /^\/\S*$/.test(value);
const content = z.pipe(
  text,
  z.transform((value): Content => (isPath(value) ? { kind: 'path', path: value } : { kind: 'text', text: value })),
);
const script = content.check(
  z.refine(
    (value) => value.kind === 'path' || value.text.startsWith('#!'),
    'expected a script that begins with "#!", or the path of one',
  ),
);

const logSettings = z.strictObject({ logDir: absolutePath, user: z.nullish(text), group: z.nullish(text) });

const common = {
  name: text,
  flagEssential: z.nullish(flag),
  // Files of the profile come from the instance, which has them apart from these arguments.
  postInstall: z.optional(anything),
};
const atomic = {
  ...common,
  dependencies: z.nullish(names),
  timeoutUp: z.nullish(milliseconds),
  timeoutDown: z.nullish(milliseconds),
  credentials: z.optional(anything),
};

const longRunSchema = z.strictObject({
  ...atomic,
  run: script,
  finish: z.nullish(script),
  // s6-supervise takes 0, 1 and 2 for mistakes.
  notificationFd: z.nullish(integer(3, 2_147_483_647)),
  timeoutKill: z.nullish(milliseconds),
  timeoutFinish: z.nullish(milliseconds),
  nosetsid: z.nullish(flag),
  maxDeathTally: z.nullish(integer(0, 4096)),
  downSignal: z.nullish(signal),
  data: z.nullish(absolutePath),
  env: z.nullish(absolutePath),
  producerFor: z.nullish(serviceName),
  consumerFor: z.nullish(
    z.union(
      [
        names,
        z.pipe(
          serviceName,
          z.transform((name) => [name]),
        ),
      ],
      { error: 'expected services' },
    ),
  ),
  pipelineName: z.nullish(serviceName),
  autoGenerateLogService: z.nullish(flag),
  logSettings: z.nullish(logSettings),
});

const oneShotSchema = z.strictObject({
  ...atomic,
  up: content,
  down: z.nullish(content),
  reload: z.nullish(content),
  status: z.nullish(content),
  pidFile: z.nullish(absolutePath),
});

const bundleSchema = z.strictObject({
  ...common,
  contents: names,
  // They are its contents.
  dependencies: z.optional(anything),
});

const logServiceSchema = z.strictObject({ name: text, logServiceFor: text, logSettings });

type Instance = Pick<ProcessInstance, 'instance' | 'directories' | 'forceDisableUserChange'>;

const readerFor = ({ instance }: Instance, createFunction: string): ArgumentReader => ({
  instance,
  manager: 's6-rc',
  createFunction,
});

const settingsFor = (
  given: z.infer<typeof logSettings> | null | undefined,
  { directories, forceDisableUserChange }: Instance,
): LogSettings => ({
  logDir: given?.logDir ?? directories.logDir,
  user: forceDisableUserChange ? null : (given?.user ?? null),
  group: forceDisableUserChange ? null : (given?.group ?? given?.user ?? null),
});

/** What longruns and oneshots have in common. */
const atomicOf = (given: z.infer<z.ZodMiniObject<typeof atomic>>, instance: Instance): Atomic => ({
  name: given.name,
  flagEssential: given.flagEssential ?? false,
  dependencies: given.dependencies ?? null,
  timeoutUp: given.timeoutUp ?? null,
  timeoutDown: given.timeoutDown ?? null,
  credentials: credentialsFromArguments(given.credentials, instance),
});

const longRun = (args: JsonObject, instance: Instance): LongRun => {
  const reader = readerFor(instance, 'createLongRunService');
  const given = parseArguments(longRunSchema, args, reader);
  const { producerFor = null, autoGenerateLogService, pipelineName = null } = given;
  // Whoever says where the output goes does not want it logged.
  const logged = autoGenerateLogService ?? producerFor === null;
  if (logged && producerFor !== null) {
    throw argumentError(
      reader,
      'producerFor',
      `What it prints cannot go both to ${producerFor} and to a log: autoGenerateLogService is true`,
    );
  }
  if (logged && pipelineName !== null) {
    throw argumentError(
      reader,
      'pipelineName',
      'A logged service ends a pipeline that has its own name; only the last consumer names a pipeline',
    );
  }
  return {
    kind: 'longrun',
    ...atomicOf(given, instance),
    run: given.run,
    finish: given.finish ?? null,
    notificationFd: given.notificationFd ?? null,
    timeoutKill: given.timeoutKill ?? null,
    timeoutFinish: given.timeoutFinish ?? null,
    nosetsid: given.nosetsid ?? false,
    maxDeathTally: given.maxDeathTally ?? null,
    downSignal: given.downSignal ?? null,
    data: given.data ?? null,
    env: given.env ?? null,
    producerFor,
    consumerFor: given.consumerFor ?? [],
    pipelineName,
    log: logged ? settingsFor(given.logSettings, instance) : null,
  };
};

const oneShot = (args: JsonObject, instance: Instance): OneShot => {
  const given = parseArguments(oneShotSchema, args, readerFor(instance, 'createOneShotService'));
  return {
    kind: 'oneshot',
    ...atomicOf(given, instance),
    up: given.up,
    down: given.down ?? null,
    reload: given.reload ?? null,
    status: given.status ?? null,
    pidFile: given.pidFile ?? null,
  };
};

const bundle = (args: JsonObject, instance: Instance): Bundle => {
  const reader = readerFor(instance, 'createServiceBundle');
  const { name, flagEssential, contents } = parseArguments(bundleSchema, args, reader);
  return { kind: 'bundle', name, flagEssential: flagEssential ?? false, contents };
};

const logService = (args: JsonObject, instance: Instance): LogService => {
  const given = parseArguments(logServiceSchema, args, readerFor(instance, 'createLogServiceForLongRunService'));
  return {
    kind: 'log',
    name: given.name,
    loggedName: given.logServiceFor,
    log: settingsFor(given.logSettings, instance),
  };
};

const serviceOf = (args: JsonObject, instance: Instance): Service => {
  if ('logServiceFor' in args) return logService(args, instance);
  if ('run' in args) return longRun(args, instance);
  if ('up' in args) return oneShot(args, instance);
  if ('contents' in args) return bundle(args, instance);
  throw new ModelError({
    what: `Process instance "${instance.instance}" says nothing of what s6-rc is to do`,
    why: 'It has neither run (a process), up (commands) nor contents (a bundle)',
    fix: 'Set one of them',
  });
};

/**
 * Checks the arguments of s6-rc's create functions; which one it was is told by them.
 *
 * @throws ModelError naming the instance and the argument.
 */
export const parseService = (args: JsonObject, instance: Instance): Service => {
  // null says the same as nothing.
  const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null));
  const service = serviceOf(given, instance);
  const problem = serviceNameProblem(service.name);
  if (problem !== null) {
    throw argumentError({ ...instance, manager: 's6-rc' }, 'name', `${JSON.stringify(service.name)}: ${problem}`);
  }
  return service;
};
