import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Backend } from '../../src/backends/backend.js';
import { loadBackend, parseManagerName } from '../../src/backends/registry.js';
import { unitContext } from '../backends/support/render-unit.js';
import { createEvaluator, instanceOf, type Evaluator } from './support/evaluation.js';

let evaluator: Evaluator;
beforeAll(async () => {
  evaluator = await createEvaluator();
});
afterAll(() => evaluator.remove());

const framework = '../nowhere/nixproc/backends';
const model = (create: string, process: string): string => `
  { pkgs, processManager, forceDisableUserChange ? false }:
  let create = ${create}; in
  rec {
    db.pkg = create { name = "db"; ${process} };
    web.pkg = create { name = "web"; ${process} dependencies = [ db.pkg ]; };
  }`;

const sleep = '"${pkgs.coreutils}/bin/sleep"';
const cases = [
  {
    manager: 'disnix',
    create: `import ${framework}/disnix/create-process-script.nix {
      inherit (pkgs) stdenv lib; inherit forceDisableUserChange;
      createCredentials = import ../nowhere/nixproc/create-credentials { inherit (pkgs) stdenv lib; }; }`,
    process: `process = ${sleep}; pidFile = "/run/it.pid"; credentials.users.it = { };`,
    paths: ['db', 'web'].flatMap((name) => [`libexec/process/${name}`, `etc/dysnomia/process/${name}`]),
    mentions: ['/bin/sleep\npidFile=/run/it.pid\n', 'nixproc_pid_file=/run/it.pid\n'],
  },
  {
    manager: 'bsdrc',
    create: `import ${framework}/bsdrc/create-bsdrc-script.nix {
      inherit (pkgs) stdenv lib writeTextFile; inherit forceDisableUserChange;
      runtimeDir = "/var/run/it"; rcSubr = "/opt/rc.subr"; defaultStopSignal = "INT"; }`,
    process: `command = ${sleep}; commandArgs = [ 5000 ]; commandIsDaemon = false; stopSignal = "QUIT"; nice = 5;`,
    paths: ['db', 'web'].flatMap((name) => [`etc/rc.d/${name}`, `libexec/rc.d/${name}`]),
    mentions: [
      ...[
        '# REQUIRE: db\n',
        '. /opt/rc.subr\n',
        ': ${db_nice:=5}\n',
        'sig_stop=QUIT\n',
        'pidfile=/var/run/it/sleep.pid',
      ],
      ' /usr/sbin/daemon -f -p /var/run/it/sleep.pid ',
    ],
  },
  {
    manager: 'launchd',
    create: `import ${framework}/launchd/create-launchd-daemon.nix {
      inherit (pkgs) stdenv writeTextFile; inherit forceDisableUserChange; prefix = "com.example."; }`,
    process: `ProgramArguments = [ ${sleep} 5000 ]; KeepAlive = true; Nice = 5; path = [ pkgs.coreutils ];`,
    paths: ['Library/LaunchDaemons/com.example.db.plist', 'Library/LaunchDaemons/com.example.web.plist'],
    mentions: ['for job in com.example.db; do', '<string>5000</string>', '<integer>5</integer>'],
  },
  {
    manager: 'cygrunsrv',
    create: `import ${framework}/cygrunsrv/create-cygrunsrv-params.nix { inherit (pkgs) stdenv lib writeTextFile; }`,
    process: `path = ${sleep}; args = [ 5000 ]; environmentPath = [ pkgs.coreutils ]; terminateOnShutdown = true;`,
    paths: ['nix-process-db-cygrunsrvparams', 'nix-process-web-cygrunsrvparams'],
    mentions: ['--args\n5000\n', '--shutdown\n', '--dep\nnix-process-db\n'],
  },
  ...[
    `import ${framework}/synit/create-synit-daemon.nix { inherit (pkgs) stdenv lib; }`,
    `(import ${framework}/synit { inherit (pkgs) stdenv lib; }).createSynitDaemon`,
  ].map((create) => ({
    manager: 'synit',
    create,
    process: `process = ${sleep}; args = [ 5000 ]; path = [ pkgs.coreutils ]; depends-on = [ "<milestone x>" ];`,
    paths: ['etc/syndicate/services/db.pr', 'etc/syndicate/services/web.pr'],
    mentions: ['<depends-on <daemon web> <service-state <daemon db> ready>>', '<service-state <milestone x> ready>'],
  })),
];

test.each(cases)(
  "$manager's create function is called as models call it",
  async ({ manager, create, process, paths, mentions }) => {
    const evaluated = await evaluator.evaluateFiles({ 'processes.nix': model(create, process) }, { manager });
    const backend: Backend = await loadBackend(parseManagerName(manager));
    const instances = ['db', 'web'].map((name) => instanceOf(evaluated, name));
    const argumentsOf = instances.map(({ name, process: given }) => {
      if (given.kind !== 'direct') throw new Error(`${name} is ${given.kind}`);
      return [name, given.arguments] as const;
    });
    const all = new Map(argumentsOf);
    const files = instances.flatMap((instance) => {
      const context = {
        ...unitContext(instance.process, { root: evaluator.directory }),
        instance,
        dependencies: instance.dependencies,
      };
      return backend.render(all.get(instance.name) ?? {}, context, all).files;
    });
    expect(files.map(({ path }) => path)).toEqual(paths);
    const text = files.flatMap((file) => (file.kind === 'file' ? [file.text] : [])).join('\n');
    for (const mention of mentions) expect(text).toContain(mention);
  },
);
