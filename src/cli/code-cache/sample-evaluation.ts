import type { ModelText } from '../../model/model-document.js';

const tool = (name: string): string => `/nix/store/${'0'.repeat(32)}-${name}`;

const modelOf = (names: readonly string[], processes: ModelText['processes']): ModelText => ({
  formatVersion: 2,
  storeDir: '/nix/store',
  hostPackages: true,
  ignoredParams: [],
  scopes: {
    scope: {
      directories: { stateDir: '/var', runtimeDir: '/var/run', logDir: '/var/log', tmpDir: '/tmp' },
      forceDisableUserChange: false,
      tools: Object.fromEntries(
        ['coreutils', 'daemon', 'gnugrep', 'gnused', 'inetutils', 'setpriv', 'shell', 'supervisor', 'sysvinit'].map(
          (name) => [name, tool(name)],
        ),
      ),
    },
  },
  fallbackTools: Object.fromEntries(['coreutils', 'shell'].map((name) => [name, tool(name)])),
  outline: null,
  instances: {
    name: [...names],
    // Where nobody listens, on a machine that does other things.
    port: names.map((_, index) => index + 1),
    readiness: names.map((_, index) => ({ port: index + 1 })),
    position: {
      file: names.map(() => '/model/processes.nix'),
      line: names.map(() => 1),
      column: names.map(() => 1),
    },
  },
  processes,
  dependents: [],
  conflicts: [],
});

const processOf = (name: string, dependencies: readonly string[]): ModelText['processes'][number] => ({
  arguments: {
    instanceName: name,
    description: `The process ${name}`,
    initialize: 'mkdir -p /var/lib/sample',
    foregroundProcess: `${tool('program')}/bin/program`,
    foregroundProcessArgs: ['--port', '80'],
    daemon: `${tool('program')}/bin/program`,
    daemonExtraArgs: ['-D'],
    environment: { SETTING: 'a "value"' },
    path: [tool('coreutils')],
    user: name,
    credentials: {
      groups: { [name]: {} },
      users: { [name]: { group: name, homeDir: `/home/${name}`, createHomeDir: true } },
    },
  },
  dependencies: [...dependencies],
});

/**
 * What nix/evaluate.nix would print of a model of these processes.
 *
 * @param dependencies of each process, by its name
 */
export const sampleEvaluation = (dependencies: Readonly<Record<string, readonly string[]>>): string => {
  const processes = Object.entries(dependencies).map(([name, needed]) => processOf(name, needed));
  return JSON.stringify({
    text: JSON.stringify(modelOf(Object.keys(dependencies), processes)),
    context: { [`${tool('program')}.drv`]: { outputs: ['out'] } },
    // What is there on any machine.
    storePaths: ['/'],
  });
};
