import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  profileItself,
  type Backend,
  type DeployedUnit,
  type ProfileFile,
  type RenderedUnit,
  type UnitContext,
} from '../../../src/backends/backend.js';
import type {
  InstanceName,
  ManagedProcess,
  ProcessInstance,
  ProcessName,
  StateDirectories,
} from '../../../src/model/process-model.js';
import type { Readiness } from '../../../src/model/readiness.js';
import { refuseTooLongValues } from '../../../src/model/value-lengths.js';
import { mergeRecursively, toStableJson, type JsonObject } from '../../../src/system/json.js';

/** The programs of this machine in the place of a package set: /usr/bin is the bin/ of every package. */
export const hostTools: Readonly<Record<string, string>> = {
  shell: '/bin/dash',
  coreutils: '/usr',
  gnused: '/usr',
  gnugrep: '/usr',
  daemon: '/usr/bin/daemon',
  setpriv: '/usr/bin/setpriv',
};

/** What createManagedProcess makes of `properties`, with the defaults of one that can do nothing. */
export const managedProcess = (properties: Partial<ManagedProcess> & { name?: string } = {}): ManagedProcess => ({
  kind: 'managed',
  instanceName: null,
  description: properties.name ?? 'service',
  initialize: '',
  daemon: null,
  foreground: null,
  pidFile: '/run/service.pid',
  namesPidFile: true,
  path: [],
  environment: {},
  directory: null,
  umask: null,
  nice: null,
  user: null,
  credentials: { groups: [], users: [] },
  overrides: null,
  ...properties,
  name: (properties.name ?? 'service') as ProcessName,
});

export interface UnitSurroundings {
  /** Where everything that a deployment writes goes: the store, the profile and the state directories lie below. */
  readonly root: string;
  readonly tools?: Readonly<Record<string, string>>;
  readonly directories?: Partial<StateDirectories>;
  readonly forceDisableUserChange?: boolean;
  readonly endsAlone?: boolean;
  readonly level?: number;
  readonly maxLevel?: number;
  readonly dependencies?: readonly string[];
  readonly readiness?: Readiness | null;
  /** Of its dependencies. */
  readonly awaited?: readonly Readiness[];
  /** The arguments of the model's other processes, by name. */
  readonly others?: Readonly<Record<string, JsonObject>>;
}

const othersOf = ({ others = {} }: UnitSurroundings): ReadonlyMap<ProcessName, JsonObject> =>
  new Map(Object.entries(others) as [ProcessName, JsonObject][]);

/** The context of one instance; texts for the store become files below ROOT/store. */
export const unitContext = (process: ProcessInstance['process'], surroundings: UnitSurroundings): UnitContext => {
  const { root, level = 0, maxLevel = level, dependencies = [] } = surroundings;
  return {
    instance: {
      instance: process.name as string as InstanceName,
      name: process.name,
      declared: true,
      process,
      dependencies: dependencies as readonly ProcessName[],
      directories: {
        stateDir: root,
        runtimeDir: join(root, 'run'),
        logDir: join(root, 'log'),
        tmpDir: join(root, 'tmp'),
        ...surroundings.directories,
      },
      forceDisableUserChange: surroundings.forceDisableUserChange ?? false,
      tools: { ...hostTools, ...surroundings.tools },
      files: null,
      port: null,
      readiness: surroundings.readiness ?? null,
      critical: true,
      startTimeout: null,
      stopTimeout: null,
      leftovers: null,
      endsAlone: surroundings.endsAlone ?? false,
      position: null,
    },
    level,
    maxLevel,
    dependencies: dependencies as readonly ProcessName[],
    awaited: surroundings.awaited ?? [],
    storeText: (name, text) => {
      const path = join(root, 'store', `${createHash('sha256').update(text).digest('hex').slice(0, 32)}-${name}`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return path;
    },
  };
};

/** Writes files of a profile below `directory`. */
export const writeProfileFiles = (directory: string, files: readonly ProfileFile[]): void => {
  for (const file of files) {
    const path = join(directory, file.path);
    mkdirSync(dirname(path), { recursive: true });
    if (file.kind === 'link') {
      symlinkSync(file.target, path);
    } else {
      writeFileSync(path, file.text.replaceAll(profileItself, directory));
      chmodSync(path, file.executable ? 0o555 : 0o444);
    }
  }
};

export interface UnitOnDisk {
  readonly context: UnitContext;
  readonly rendered: RenderedUnit;
  /** As the manifest of the profile would have it. */
  readonly unit: DeployedUnit;
}

const putOnDisk = (rendered: RenderedUnit, context: UnitContext, profile: string): UnitOnDisk => {
  writeProfileFiles(profile, rendered.files);
  const { instance, level } = context;
  return {
    context,
    rendered,
    unit: {
      instance: instance.instance,
      name: instance.name,
      level,
      dependencies: [],
      fingerprint: createHash('sha256').update(toStableJson(rendered.properties)).digest('hex'),
      properties: rendered.properties,
      ...(rendered.reloadProperties === undefined ? {} : { reloadProperties: rendered.reloadProperties }),
      ...(rendered.changePolicy === undefined ? {} : { changePolicy: rendered.changePolicy }),
      activation: rendered.activation,
      credentials: rendered.credentials,
      port: null,
      readiness: instance.readiness,
      profile,
    },
  };
};

/** Renders a managed process, with overrides merged in, into the files of a profile (default: ROOT/profile). */
export const renderManaged = (
  backend: Backend,
  process: ManagedProcess,
  surroundings: UnitSurroundings,
  { profile = join(surroundings.root, 'profile'), overrides = {} }: { profile?: string; overrides?: JsonObject } = {},
): UnitOnDisk => {
  const context = unitContext(process, surroundings);
  refuseTooLongValues(process, context.instance);
  const translation = backend.translate(process, context);
  const args = mergeRecursively(translation.arguments, overrides);
  return putOnDisk(backend.render(args, context, othersOf(surroundings)), context, profile);
};

/** Renders the arguments of a manager's own create function into the files of a profile (default: ROOT/profile). */
export const renderDirect = (
  backend: Backend,
  args: JsonObject & { readonly name: string },
  surroundings: UnitSurroundings,
  { profile = join(surroundings.root, 'profile') }: { profile?: string } = {},
): UnitOnDisk => {
  const context = unitContext(
    { kind: 'direct', name: args.name as ProcessName, manager: backend.name, arguments: args },
    surroundings,
  );
  return putOnDisk(backend.render(args, context, othersOf(surroundings)), context, profile);
};
