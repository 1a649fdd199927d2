import { createHash } from 'node:crypto';
import { ModelError } from '../../system/errors.js';
import { nixToString, toStableJson, type JsonObject } from '../../system/json.js';
import type { ProfileContext, ProfileFile, RenderedUnit, UnitContext } from '../backend.js';
import {
  activationOf,
  toActivation,
  type Activation,
  type AtomicService,
  type ProfileData,
} from './activation-data.js';
import { parseService, type Atomic, type Bundle, type Content, type LongRun, type OneShot } from './config.js';
import { daemonLog, recordFile } from './daemon-script.js';
import { loggerName, logDirectory, logServiceDefinition, producerName } from './log-service.js';
import { isGenerated, managedProperties, without } from './managed-properties.js';
import { defaultBundleName, serviceNameProblem } from './service-name.js';
import { definitionFiles, type DefinitionFile, type ServiceDefinition } from './service-definition.js';
import { tool } from './tools.js';

const none = { credentials: { groups: [], users: [] } };

const fileOf = (content: Content, executable: boolean): DefinitionFile =>
  content.kind === 'path' ? content : { kind: 'text', text: content.text, executable };

/** Only the files that there are. */
const filesOf = (
  contents: Readonly<Record<string, Content | null>>,
  executable: boolean,
): Readonly<Record<string, DefinitionFile>> =>
  Object.fromEntries(
    Object.entries(contents).flatMap(([name, content]) =>
      content === null ? [] : [[name, fileOf(content, executable)]],
    ),
  );

const valuesOf = (
  values: Readonly<Record<string, string | number | null | readonly string[]>>,
): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      if (value === null) return [];
      const lines = typeof value === 'string' || typeof value === 'number' ? [String(value)] : value;
      return lines.length === 0 ? [] : [[name, lines]];
    }),
  );

const essential = (flagEssential: boolean): readonly string[] => (flagEssential ? ['flag-essential'] : []);

const dependenciesOf = ({ dependencies }: Atomic, context: UnitContext): readonly string[] =>
  [...new Set<string>(dependencies ?? context.dependencies)].sort();

const longRunDefinition = (service: LongRun, context: UnitContext): ServiceDefinition => ({
  name: service.log === null ? service.name : producerName(service.name),
  type: 'longrun',
  files: {
    ...filesOf({ run: service.run, finish: service.finish }, true),
    ...filesOf({ data: directory(service.data), env: directory(service.env) }, false),
  },
  values: valuesOf({
    'notification-fd': service.notificationFd,
    'timeout-kill': service.timeoutKill,
    'timeout-finish': service.timeoutFinish,
    'timeout-up': service.timeoutUp,
    'timeout-down': service.timeoutDown,
    'max-death-tally': service.maxDeathTally,
    'down-signal': service.downSignal,
    'producer-for': service.log === null ? service.producerFor : loggerName(service.name),
    'consumer-for': service.consumerFor,
    'pipeline-name': service.pipelineName,
  }),
  flags: [...essential(service.flagEssential), ...(service.nosetsid ? ['nosetsid'] : [])],
  lists: { 'dependencies.d': dependenciesOf(service, context) },
});

const directory = (path: string | null): Content | null => (path === null ? null : { kind: 'path', path });

const oneShotDefinition = (service: OneShot, context: UnitContext): ServiceDefinition => ({
  name: service.name,
  type: 'oneshot',
  files: filesOf({ up: service.up, down: service.down, reload: service.reload, status: service.status }, false),
  values: valuesOf({ 'timeout-up': service.timeoutUp, 'timeout-down': service.timeoutDown }),
  flags: essential(service.flagEssential),
  lists: { 'dependencies.d': dependenciesOf(service, context) },
});

const bundleDefinition = ({ name, flagEssential, contents }: Omit<Bundle, 'kind'>): ServiceDefinition => ({
  name,
  type: 'bundle',
  files: {},
  // A directory without files cannot be told from none.
  values: contents.length === 0 ? { contents: [] } : {},
  flags: essential(flagEssential),
  lists: { 'contents.d': contents },
});

/** What a definition does; what it depends on decides only when. */
const hashOf = ({ type, files, values, flags }: ServiceDefinition): string =>
  createHash('sha256')
    .update(toStableJson({ type, files: { ...files }, values: { ...values }, flags }))
    .digest('hex');

const atomicService = (definition: ServiceDefinition): AtomicService => {
  const [stopTime = '0'] = definition.values['timeout-kill'] ?? [];
  return {
    name: definition.name,
    kind: definition.type === 'oneshot' ? 'oneshot' : 'longrun',
    fingerprint: hashOf(definition),
    notifies: definition.values['notification-fd'] !== undefined,
    stopTime: Number(stopTime) === 0 ? null : Number(stopTime),
  };
};

/** The parts of a definition, each under its own name. */
const definitionProperties = ({ files, values, flags }: ServiceDefinition): JsonObject => ({
  ...Object.fromEntries(
    Object.entries(files).map(([name, file]) => [name, file.kind === 'path' ? file.path : file.text]),
  ),
  ...Object.fromEntries(Object.entries(values).map(([name, lines]) => [name, lines.join(' ')])),
  ...Object.fromEntries(flags.map((flag) => [flag, true])),
});

const noActivities = { reload: false, status: false };

const renderLongRun = (service: LongRun, args: JsonObject, context: UnitContext): RenderedUnit => {
  const { name, log, flagEssential, credentials } = service;
  const main = longRunDefinition(service, context);
  const logger = log === null ? null : logServiceDefinition(name, log, flagEssential, context);
  const definitions = logger === null ? [main] : [main, logger];
  const activation: Activation = {
    services: definitions.map(atomicService),
    contents: [],
    flagEssential,
    daemon: null,
    activities: noActivities,
    logFile: log === null ? null : `${logDirectory(log, name)}/current`,
    awaitsReadiness: context.instance.readiness !== null && service.notificationFd !== null,
  };
  return {
    files: definitions.flatMap(definitionFiles),
    properties: {
      ...managedProperties('run', args, definitionProperties(main), context),
      ...(logger === null ? {} : { log: definitionProperties(logger) }),
      dependencies: dependenciesOf(service, context),
    },
    activation: toActivation(activation),
    credentials,
  };
};

const renderOneShot = (service: OneShot, args: JsonObject, context: UnitContext): RenderedUnit => {
  const { name, flagEssential, credentials, pidFile, reload, status } = service;
  const { directories } = context.instance;
  const definition = oneShotDefinition(service, context);
  const activation: Activation = {
    services: [atomicService(definition)],
    contents: [],
    flagEssential,
    daemon: pidFile === null ? null : { pidFile, recordFile: recordFile(directories.runtimeDir, name) },
    activities: { reload: reload !== null, status: status !== null },
    logFile: pidFile === null ? null : daemonLog(directories.logDir, name),
    awaitsReadiness: context.instance.readiness !== null && isGenerated('up', args, context),
  };
  return {
    files: definitionFiles(definition),
    properties: {
      ...without(managedProperties('up', args, definitionProperties(definition), context), ['reload', 'status']),
      ...(pidFile === null ? {} : { pidFile }),
      dependencies: dependenciesOf(service, context),
    },
    activation: toActivation(activation),
    credentials,
  };
};

const renderBundle = (service: Bundle): RenderedUnit => {
  const definition = bundleDefinition(service);
  const activation: Activation = {
    services: [],
    contents: [...service.contents],
    flagEssential: service.flagEssential,
    daemon: null,
    activities: noActivities,
    logFile: null,
    awaitsReadiness: false,
  };
  return {
    files: definitionFiles(definition),
    properties: { contents: [...new Set(service.contents)].sort() },
    activation: toActivation(activation),
    ...none,
  };
};

/**
 * Writes the service definitions of a process.
 *
 * @throws ModelError naming the instance when an argument is of the wrong kind or unknown.
 */
export const render = (args: JsonObject, context: UnitContext): RenderedUnit => {
  const service = parseService(args, context.instance);
  switch (service.kind) {
    case 'longrun':
      return renderLongRun(service, args, context);
    case 'oneshot':
      return renderOneShot(service, args, context);
    case 'bundle':
      return renderBundle(service);
    case 'log': {
      const definition = logServiceDefinition(service.loggedName, service.log, false, context);
      const activation: Activation = {
        services: [atomicService(definition)],
        contents: [],
        flagEssential: false,
        daemon: null,
        activities: noActivities,
        logFile: `${logDirectory(service.log, service.loggedName)}/current`,
        awaitsReadiness: false,
      };
      return {
        files: definitionFiles(definition),
        properties: definitionProperties(definition),
        activation: toActivation(activation),
        ...none,
      };
    }
  }
};

/** Names that services of a profile may refer to: processes, and the services that they consist of. */
const knownNames = ({ units }: ProfileContext): ReadonlySet<string> =>
  new Set(
    units.flatMap(({ context, rendered }) => [
      context.instance.name,
      ...context.dependencies,
      ...activationOf(rendered).services.map(({ name }) => name),
    ]),
  );

/** @throws ModelError for a name that s6-rc-compile would not find, when everything else has been stopped already. */
const refuseUnknownNames = (profile: ProfileContext): void => {
  const known = knownNames(profile);
  for (const { context, rendered } of profile.units) {
    for (const property of ['dependencies', 'contents', 'producer-for', 'consumer-for']) {
      const names = nixToString(rendered.properties[property] ?? null).split(' ');
      const unknown = names.find((name) => name !== '' && !known.has(name));
      if (unknown === undefined) continue;
      throw new ModelError({
        what: `Process instance "${context.instance.instance}" refers to a service ${JSON.stringify(unknown)} that there is not`,
        why: `It is among its ${property}. There are: ${[...known].sort().join(', ')}`,
        fix: 'Correct the name, or add the service to the model',
      });
    }
  }
};

/** The bundle of everything that a profile has; the option defaultBundleName calls it other than `default`. */
export const profileFiles = (profile: ProfileContext): readonly ProfileFile[] => {
  refuseUnknownNames(profile);
  const name = profile.options?.['defaultBundleName'] ?? defaultBundleName;
  const problem = name === defaultBundleName ? null : serviceNameProblem(name);
  const taken = knownNames(profile).has(name) ? 'A service of the model has that name' : null;
  if (problem !== null || taken !== null) {
    throw new ModelError({
      what: `The bundle of all services cannot be called ${JSON.stringify(name)}`,
      why: problem ?? taken ?? '',
      fix: 'Choose another defaultBundleName',
    });
  }
  const contents = profile.units.map(({ context }) => context.instance.name);
  return contents.length === 0 ? [] : definitionFiles(bundleDefinition({ name, flagEssential: false, contents }));
};

export const profileData = ({ units }: ProfileContext): JsonObject => {
  const [first] = units;
  if (first === undefined) return {};
  const { context } = first;
  const data: ProfileData = {
    shell: tool(context, 'shell'),
    execline: tool(context, 'execline'),
    s6: tool(context, 's6'),
    s6rc: context.instance.tools['s6-rc'] ?? null,
  };
  return data;
};
