import { join } from 'node:path';
import type { ProcessName } from '../../model/process-model.js';
import { fingerprintOf } from '../../profile/fingerprint.js';
import type { JsonObject } from '../../system/json.js';
import type { LaidOutUnit, Layout, LayoutDirectories } from '../backend.js';
import { filesIn, isDirectoryIn, namesIn, textIn } from '../shared/read-tree.js';
import { toActivation, type Activation, type AtomicService } from './activation-data.js';
import { recordFile } from './daemon-script.js';
import { loggerName, producerName } from './log-service.js';
import { sourceDirectory } from './service-definition.js';

/** The bundle of everything, which is no process. */
const defaultBundle = 'default';

interface Definition {
  readonly name: string;
  readonly type: string;
  /** Its files, by their names. */
  readonly texts: Readonly<Record<string, string>>;
  /** What it depends on, or what is in it: a directory of files, or lines of a file. */
  readonly dependencies: readonly string[];
  readonly contents: readonly string[];
  readonly isEssential: boolean;
}

const listIn = async (root: string, path: string): Promise<readonly string[]> => {
  const lines = ((await textIn(root, path)) ?? '').split('\n').map((line) => line.trim());
  return [...(await namesIn(root, `${path}.d`)), ...lines.filter((line) => line !== '' && !line.startsWith('#'))];
};

const readDefinition = async (root: string, name: string): Promise<Definition | null> => {
  const path = join(sourceDirectory, name);
  const type = (await textIn(root, join(path, 'type')))?.trim();
  if (type === undefined) return null;
  const texts = await filesIn(root, path, /^(?!type$|dependencies$|contents$|flag-)/);
  return {
    name,
    type,
    texts: Object.fromEntries(texts.map(({ name: file, text }) => [file, text])),
    dependencies: await listIn(root, join(path, 'dependencies')),
    contents: await listIn(root, join(path, 'contents')),
    isEssential: (await textIn(root, join(path, 'flag-essential'))) !== null,
  };
};

const propertiesOf = ({ type, texts }: Definition): JsonObject => ({ type, ...texts });

const serviceOf = (definition: Definition): AtomicService => {
  const { name, type, texts } = definition;
  const stopTime = Number(texts['timeout-kill']?.trim() ?? 0);
  return {
    name,
    kind: type === 'oneshot' ? 'oneshot' : 'longrun',
    fingerprint: fingerprintOf(propertiesOf(definition)),
    notifies: texts['notification-fd'] !== undefined,
    stopTime: stopTime > 0 ? stopTime : null,
  };
};

/** The directory that the last command of a logger names. */
const logFileOf = (logger: Definition | undefined): string | null => {
  const directory = /(?:^|\s)(\/[^\s"]+)\s*$/.exec(logger?.texts['run']?.trimEnd() ?? '')?.[1];
  return directory === undefined ? null : `${directory}/current`;
};

/** The PID file of the daemon that a oneshot ends, as nix-processmgmt writes it: `backtick PID { cat FILE }`. */
const pidFileOf = ({ type, texts }: Definition): string | null =>
  type === 'oneshot' ? (/\{\s*cat\s+(\/\S+)\s*\}/.exec(texts['down'] ?? '')?.[1] ?? null) : null;

const unitOf = (
  name: string,
  services: readonly Definition[],
  { contents, isEssential }: Pick<Definition, 'contents' | 'isEssential'>,
  ownerOf: (service: string) => string,
  { runtimeDir }: LayoutDirectories,
): LaidOutUnit => {
  const [main, logger] = services;
  const pidFile = main === undefined ? null : pidFileOf(main);
  const activation: Activation = {
    services: services.map(serviceOf),
    contents: services.length > 0 ? [] : [...contents],
    flagEssential: isEssential,
    daemon: pidFile === null ? null : { pidFile, recordFile: recordFile(runtimeDir, name) },
    activities: { reload: main?.texts['reload'] !== undefined, status: main?.texts['status'] !== undefined },
    logFile: logFileOf(logger),
    live: join(runtimeDir, 's6-rc'),
    awaitsReadiness: false,
  };
  return {
    name: name as ProcessName,
    dependencies: [...new Set([...(main?.dependencies ?? []), ...(services.length > 0 ? [] : contents)].map(ownerOf))],
    rank: null,
    properties: Object.fromEntries(services.map((service) => [service.name, propertiesOf(service)])),
    activation: toActivation(activation),
  };
};

/**
 * Service definitions in etc/s6/sv (s6-rc-compile(1)). NAME-srv and NAME-log in a bundle NAME are one process; other
 * bundles are processes without any of their own.
 */
export const readLayout = async (root: string, directories: LayoutDirectories): Promise<Layout | null> => {
  if (!(await isDirectoryIn(root, sourceDirectory))) return null;
  const names = (await namesIn(root, sourceDirectory)).filter((name) => name !== defaultBundle);
  const definitions = new Map(
    (await Promise.all(names.map((name) => readDefinition(root, name)))).flatMap((definition) =>
      definition === null ? [] : [[definition.name, definition] as const],
    ),
  );
  const pairs = new Map(
    [...definitions.values()]
      .filter(({ type, name, contents }) => type === 'bundle' && contents.includes(producerName(name)))
      .map(({ name }) => [
        name,
        [producerName(name), loggerName(name)].flatMap((service) => definitions.get(service) ?? []),
      ]),
  );
  // A producer and its logger may also stand without a bundle around them: s6-rc makes one for the pipeline.
  for (const { name, texts } of definitions.values()) {
    const pipeline = texts['pipeline-name']?.trim();
    const producer = texts['consumer-for']?.trim();
    if (pipeline === undefined || producer === undefined || definitions.has(pipeline)) continue;
    pairs.set(
      pipeline,
      [producer, name].flatMap((service) => definitions.get(service) ?? []),
    );
  }
  const owners = new Map([...pairs].flatMap(([name, services]) => services.map((service) => [service.name, name])));
  const ownerOf = (service: string): string => owners.get(service) ?? service;
  const single = [...definitions.values()].filter(({ name }) => !owners.has(name) && !pairs.has(name));
  return {
    units: [
      ...[...pairs].map(([name, services]) => {
        const isEssential = services.some((service) => service.isEssential);
        return unitOf(name, services, { contents: [], isEssential }, ownerOf, directories);
      }),
      ...single.map((definition) =>
        unitOf(definition.name, definition.type === 'bundle' ? [] : [definition], definition, ownerOf, directories),
      ),
    ],
    data: {},
  };
};
