import type { ProcessName } from '../../model/process-model.js';
import { isSurelyShorter } from '../../model/value-lengths.js';
import { ModelError } from '../../system/errors.js';
import { nixToString, isJsonObject, type Json, type JsonObject } from '../../system/json.js';
import type { ProfileFile, RenderedUnit, UnitContext } from '../backend.js';
import { searchPath } from '../shared/search-path.js';
import { surroundingsVersion } from '../shared/clean-start.js';
import { runsAsManager, withAccountVariables } from './account-variables.js';
import { toActivation } from './activation-data.js';
import { awaitReadiness } from './await-readiness.js';
import { carryEnvironment } from './carry-environment.js';
import { canReload, isTrue, policyKeys, reloadTriggers, unitPolicy } from './change-policy.js';
import { parseProcess, type SystemdProcess } from './config.js';
import { installLinks } from './install-links.js';
import { processUnits } from './process-units.js';
import { unitFileText, type Section, type Sections } from './unit-file.js';
import { isUnitName } from './unit-name.js';
import { sectionOf, type UnitType } from './unit-types.js';

/** Where a profile keeps its units, whoever runs them. */
export const unitDirectory = 'etc/systemd/system';

/** systemd ignores the rest of a file from a longer line on (LONG_LINE_MAX). */
const longestLine = 1024 * 1024;

/**
 * Properties of [Unit] that say nothing about how the process runs: a difference does not restart it. NixOS'
 * switch-to-configuration leaves out the same ones, but for those that only order starts (After, Before, Wants).
 */
export const cosmetic: ReadonlySet<string> = new Set([
  ...['Description', 'Documentation', 'SourcePath', 'After', 'Before', 'Wants', 'AllowIsolate', 'CollectMode'],
  ...['IgnoreOnIsolate', 'OnFailure', 'OnFailureJobMode', 'OnSuccess', 'RefuseManualStart', 'RefuseManualStop'],
  ...['StopWhenUnneeded', reloadTriggers, ...policyKeys],
]);

/** The file of a unit that starts the service: a socket, a timer or a path. */
const activatorText = (type: UnitType, sections: Sections, name: ProcessName): string => {
  const [description = name] = sections['Unit']?.['Description'] ?? [];
  const title = sectionOf(type) ?? '';
  return unitFileText({ Unit: { Description: [`${description} (${type})`] }, [title]: sections[title] ?? {} });
};

/**
 * Writes a process as the units of systemd.
 *
 * @param all the arguments of every process of the model: a dependency may have other units than its name suggests
 * @throws ModelError naming the instance when an argument is of the wrong kind or unknown, or cannot be written.
 */
export const render = (
  args: JsonObject,
  context: UnitContext,
  all: ReadonlyMap<ProcessName, JsonObject> = new Map(),
): RenderedUnit => {
  const { instance } = context;
  const process = parseProcess(args, context);
  const policy = unitPolicy(process.sections);
  const { main, activators, started } = processUnits(instance.name, args, () => policy.notSocketActivated);
  const names = [main, ...activators.map(({ name }) => name)];
  checkNames(names, context);

  const environment = process.type === 'service' ? environmentOf(process, context) : {};
  const dependencies = dependencyUnits(args, context, all);
  const given = process.sections['Service'] ?? {};
  const isDefined = instance.process.kind === 'managed' && runsAsManager(given);
  const defined = isDefined ? withAccountVariables(given, environment) : given;
  const service = carryEnvironment(defined, environment, context);
  // What systemd starts with a socket, a timer or a path is ready when that is.
  const awaited = process.type === 'service' && started.includes(main) ? awaitReadiness(service, context) : {};
  const mainSections: Sections = {
    ...without(
      process.sections,
      activators.flatMap(({ type }) => sectionOf(type) ?? []),
    ),
    Unit: { ...process.sections['Unit'], ...ordering(process.sections['Unit'] ?? {}, dependencies) },
    ...(process.type === 'service' ? { Service: { ...service, ...awaited } } : {}),
  };
  const texts = [
    unitFileText(mainSections),
    ...activators.map(({ type }) => activatorText(type, process.sections, instance.name)),
  ];
  texts.forEach(checkLines(context));

  const reloads = canReload(process.sections);
  const triggers = process.sections['Unit']?.[reloadTriggers];
  const properties = {
    ...propertiesOf(process, environment),
    ...(isDefined ? { surroundings: surroundingsVersion } : {}),
  };
  return {
    files: [
      ...names.map((name, index): ProfileFile => ({
        kind: 'file',
        path: `${unitDirectory}/${name}`,
        text: texts[index] ?? '',
        executable: false,
      })),
      ...dependencies.map((dependency): ProfileFile => ({
        kind: 'link',
        path: `${unitDirectory}/${main}.wants/${dependency}`,
        target: `../${dependency}`,
      })),
    ],
    // What cannot be reloaded has to be restarted.
    properties: triggers === undefined || reloads ? properties : { ...properties, [reloadTriggers]: jsonOf(triggers) },
    ...(triggers !== undefined && reloads ? { reloadProperties: { [reloadTriggers]: jsonOf(triggers) } } : {}),
    ...(policy.onChange === 'restart' && policy.onRemoval === 'stop'
      ? {}
      : { changePolicy: { onChange: policy.onChange, onRemoval: policy.onRemoval } }),
    activation: toActivation({
      awaitsReadiness: awaited['ExecStartPost'] !== undefined,
      canReload: reloads,
      endsByItself: process.sections['Service']?.['Type']?.at(-1) === 'oneshot',
      installLinks: installLinks(process.sections['Install'] ?? {}, main, context),
      main,
      onlyManualStart: policy.onlyManualStart,
      started: [...started],
      units: names,
      user: process.sections['Service']?.['User']?.at(-1) ?? null,
    }),
    credentials: process.credentials,
    ...(hasOwnNetwork(service) ? { ownNetwork: true as const } : {}),
  };
};

/** Whether a service sees other network interfaces than the machine's (systemd.exec(5)). */
const hasOwnNetwork = (service: Section): boolean => {
  const last = (key: string): string => service[key]?.at(-1)?.trim() ?? '';
  return isTrue(last('PrivateNetwork')) || last('NetworkNamespacePath') !== '';
};

const without = (sections: Sections, titles: readonly string[]): Sections =>
  titles.length === 0
    ? sections
    : Object.fromEntries(Object.entries(sections).filter(([title]) => !titles.includes(title)));

const checkNames = (names: readonly string[], { instance }: UnitContext): void => {
  const wrong = names.find((name) => !isUnitName(name));
  if (wrong === undefined) return;
  throw new ModelError({
    what: `Process instance "${instance.instance}" would become the unit ${JSON.stringify(wrong)}, which systemd cannot take`,
    why: 'Names of units have letters, digits and the characters : - _ . \\ @, and no more than 249 of them',
    fix: 'Give it another name, or another prefix',
  });
};

const checkLines =
  ({ instance }: UnitContext) =>
  (text: string): void => {
    if (isSurelyShorter(text, longestLine)) return;
    const line = text.split('\n').find((candidate) => Buffer.byteLength(candidate) >= longestLine);
    if (line === undefined) return;
    const property = line.slice(0, line.indexOf('='));
    throw new ModelError({
      what: `Process instance "${instance.instance}" has a value that is too long for systemd: ${property}`,
      why: `Written out it has ${Buffer.byteLength(line)} bytes; a line of a unit has less than ${longestLine}`,
      fix: 'Put it into a file, and let the process read that',
    });
  };

/** Sorted by name. */
const environmentOf = (process: SystemdProcess, { instance }: UnitContext): Readonly<Record<string, string>> => {
  const { basePackages, path, environment } = process;
  const generated =
    basePackages === null
      ? searchPath(instance, process, 'tools-first')
      : [...new Set([...basePackages, ...path])].map((directory) => `${directory}/bin`).join(':');
  const names = Object.keys(environment);
  if (generated !== '' && !names.includes('PATH')) names.push('PATH');
  return Object.fromEntries(names.sort().map((name) => [name, environment[name] ?? generated]));
};

/** The units of the processes that this one depends on. */
const dependencyUnits = (
  args: JsonObject,
  { dependencies }: UnitContext,
  all: ReadonlyMap<ProcessName, JsonObject>,
): readonly string[] => {
  const { dependencies: given = dependencies } = args;
  const names = Array.isArray(given) ? given.map(nixToString) : dependencies;
  return [
    ...new Set(
      names.flatMap((name) => {
        const of = all.get(name as ProcessName) ?? {};
        return processUnits(name, of, () => startsWithSocket(of)).started;
      }),
    ),
  ].sort();
};

/** Whether a dependency is started beside its socket. Its own arguments are checked when it is rendered itself. */
const startsWithSocket = (args: JsonObject): boolean => {
  const sections = ['Unit', 'Service'].map((title): readonly [string, Section] => {
    const properties = args[title];
    const key = isJsonObject(properties) ? properties['X-NotSocketActivated'] : undefined;
    return [title, key === undefined || isJsonObject(key) ? {} : { 'X-NotSocketActivated': [nixToString(key)] }];
  });
  return unitPolicy(Object.fromEntries(sections)).notSocketActivated;
};

const ordering = ({ Wants = [], After = [] }: Section, dependencies: readonly string[]): Section =>
  dependencies.length === 0 ? {} : { Wants: [...Wants, ...dependencies], After: [...After, ...dependencies] };

const jsonOf = (values: readonly string[]): Json => (values.length === 1 ? (values[0] ?? '') : values);

/** What the running process was started with. */
const propertiesOf = ({ sections }: SystemdProcess, environment: Readonly<Record<string, string>>): JsonObject => {
  const judged: Record<string, JsonObject> = {};
  // In the order in which a manifest has them: it is written faster so.
  for (const title of Object.keys(sections).sort()) {
    if (title === 'Install') continue;
    const section = sections[title] ?? {};
    const kept: Record<string, Json> = {};
    for (const property of Object.keys(section).sort()) {
      if (policyKeys.has(property) || (title === 'Unit' && cosmetic.has(property))) continue;
      kept[property] = jsonOf(section[property] ?? []);
    }
    if (Object.keys(kept).length > 0) judged[title] = kept;
  }
  return Object.keys(environment).length === 0 ? judged : { ...judged, environment };
};
