import type {
  InstanceName,
  ManagerName,
  ProcessInstance,
  ProcessName,
  SourcePosition,
} from '../../src/model/process-model.js';
import type { DeployedUnit } from '../../src/profile/manifest.js';
import type { JsonObject } from '../../src/system/json.js';

/** An instance of a model that is only looked at for its name and its dependencies. */
export const instanceCalled = (
  name: string,
  dependencies: readonly string[] = [],
  { instance = name, position = null }: { instance?: string; position?: SourcePosition | null } = {},
): ProcessInstance => ({
  instance: instance as InstanceName,
  name: name as ProcessName,
  declared: true,
  process: { kind: 'direct', name: name as ProcessName, manager: 'sysvinit' as ManagerName, arguments: {} },
  dependencies: dependencies as ProcessName[],
  directories: { stateDir: '/var', runtimeDir: '/run', logDir: '/var/log', tmpDir: '/tmp' },
  forceDisableUserChange: true,
  tools: { shell: '/bin/sh', coreutils: '/usr' },
  files: null,
  port: null,
  readiness: null,
  critical: true,
  startTimeout: null,
  stopTimeout: null,
  leftovers: null,
  endsAlone: false,
  position,
});

/** A deployed unit whose definition is `properties`. */
export const unitCalled = (name: string, properties: JsonObject = {}, level = 0): DeployedUnit => ({
  instance: name as InstanceName,
  name: name as ProcessName,
  level,
  dependencies: [],
  fingerprint: JSON.stringify(properties),
  properties,
  activation: {},
  credentials: { groups: [], users: [] },
  port: null,
  readiness: null,
  profile: '/nix/store/00000000000000000000000000000000-processes',
});
