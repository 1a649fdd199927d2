import type { ModelHeader, ProcessDocument } from '../../model/model-document.js';

const position = { file: '/model/processes.nix', line: 1, column: 1 };

const tool = (name: string): string => `/nix/store/${'0'.repeat(32)}-${name}`;

const headerOf = (names: readonly string[]): ModelHeader => ({
  formatVersion: 1,
  storeDir: '/nix/store',
  hostPackages: true,
  ignoredParams: [],
  scopes: {
    scope: {
      directories: { stateDir: '/var', runtimeDir: '/var/run', logDir: '/var/log', tmpDir: '/tmp' },
      forceDisableUserChange: true,
      tools: Object.fromEntries(
        ['coreutils', 'daemon', 'gnugrep', 'gnused', 'inetutils', 'shell', 'supervisor', 'sysvinit'].map((name) => [
          name,
          tool(name),
        ]),
      ),
    },
  },
  fallbackTools: Object.fromEntries(['coreutils', 'shell'].map((name) => [name, tool(name)])),
  outline: null,
  instances: names.map((name) => ({
    name,
    port: null,
    readiness: null,
    critical: true,
    startTimeout: null,
    stopTimeout: null,
    position,
  })),
  dependents: [],
  conflicts: [],
});

const processOf = (name: string, dependencies: readonly string[]): ProcessDocument => ({
  kind: 'managed',
  name,
  scope: 'scope',
  arguments: {
    instanceName: name,
    description: `The process ${name}`,
    initialize: 'mkdir -p /var/lib/sample',
    foregroundProcess: `${tool('program')}/bin/program`,
    foregroundProcessArgs: ['--port', '80'],
    daemon: `${tool('program')}/bin/program`,
    daemonExtraArgs: ['-D'],
    environment: { SETTING: 'a value' },
    path: [tool('coreutils')],
    user: name,
    credentials: { groups: { [name]: {} }, users: { [name]: { group: name } } },
  },
  tools: {},
  dependencies: [...dependencies],
  overrides: null,
  files: null,
});

/**
 * What nix/evaluate.nix would print of a model of these processes.
 *
 * @param dependencies of each process, by its name
 */
export const sampleEvaluation = (dependencies: Readonly<Record<string, readonly string[]>>): string => {
  const lines = [
    headerOf(Object.keys(dependencies)),
    ...Object.entries(dependencies).map(([name, needed]) => processOf(name, needed)),
  ];
  return JSON.stringify({
    text: lines.map((line) => JSON.stringify(line)).join('\n'),
    context: {},
    storePaths: [],
  });
};
