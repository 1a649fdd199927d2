import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { ModelError } from '../../src/system/errors.js';
import {
  createEvaluator,
  instanceOf,
  managedOf,
  standInNixpkgs,
  withoutHash,
  type Evaluator,
} from './support/evaluation.js';

let evaluator: Evaluator;
let builder: Evaluator;
beforeAll(async () => {
  evaluator = await createEvaluator();
  builder = await createEvaluator('sandbox = false\nbuild-users-group =\nsubstitute = false');
});
afterAll(() => Promise.all([evaluator.remove(), builder.remove()]));

test('properties become text as Nix makes it', async () => {
  const evaluated = await evaluator.evaluateFiles({
    'processes.nix': `
      { pkgs, processManager }:
      let create = import ../nowhere/nixproc/create-managed-process/universal/create-managed-process-universal.nix { inherit pkgs; };
      in {
        webapp.pkg = create {
          name = "webapp";
          process = ./start;
          args = [ true false null 1.5 9007199254740993 [ "a" 2 ] ./start pkgs.coreutils ];
          environment = { PORT = 5000; EMPTY = null; SCRIPT = ./start; };
          path = [ pkgs.coreutils ./. "/opt/tools" ];
          umask = 22;
          nice = "5";
        };
      }`,
    start: '#!/bin/sh\n',
  });
  const { foreground, environment, path, umask, nice } = managedOf(evaluated, 'webapp');
  expect(foreground?.executable).toMatch(/\/nix\/store\/[0-9a-z]{32}-start$/);
  expect(foreground?.args.slice(0, 6)).toEqual(['1', '', '', '1.500000', '9007199254740993', 'a 2']);
  // A path among the arguments stays the user's file; one that is run is copied.
  expect(foreground?.args[6]).toMatch(/model-\d+\/start$/);
  expect(withoutHash(foreground?.args[7] ?? '')).toBe('coreutils');
  expect(environment).toMatchObject({ PORT: '5000', EMPTY: '' });
  expect(environment['SCRIPT']).toMatch(/model-\d+\/start$/);
  expect(path.map(withoutHash)).toEqual(['coreutils', expect.stringMatching(/^model-\d+$/), '/opt/tools']);
  expect({ umask, nice }).toEqual({ umask: '22', nice: 5 });
});

test('properties that are what is expected stay as they are, with what they refer to', async () => {
  const evaluated = await evaluator.evaluateInstances(`
    {
      webapp.pkg = createManagedProcess {
        instanceName = "webapp";
        foregroundProcess = "\${pkgs.coreutils}/bin/sleep";
        foregroundProcessArgs = [ "10" "\${pkgs.gnused}/sed" ];
        environment = { PORT = 5000; GREP = "\${pkgs.gnugrep}"; };
        path = [ null pkgs.coreutils "/opt/tools" ];
        credentials = { groups.webapp = { gid = 7; }; users.webapp = { group = "webapp"; homeDir = "\${pkgs.bash}"; }; };
      };
    }`);
  const { name, foreground, environment, path, credentials } = managedOf(evaluated, 'webapp');
  const inStore = (rest: string): unknown => expect.stringMatching(new RegExp(`/[0-9a-z]{32}-${rest}$`));
  expect({ name, foreground, environment, path }).toEqual({
    name: 'webapp',
    foreground: { executable: inStore('coreutils.*/bin/sleep'), args: ['10', inStore('gnused.*/sed')] },
    environment: { PORT: '5000', GREP: inStore('gnugrep.*') },
    path: [inStore('coreutils.*'), '/opt/tools'],
  });
  expect(credentials).toMatchObject({ groups: [{ gid: 7 }], users: [{ homeDir: inStore('bash.*') }] });
  expect(evaluated.context.storePaths.map(withoutHash)).toEqual(
    expect.arrayContaining(['bash', 'coreutils', 'gnugrep', 'gnused'].map((tool) => expect.stringMatching(tool))),
  );
});

test.each(['args = "a b"', 'environment = "A=1"', 'path = "/opt/tools"', 'credentials = "webapp"'])(
  'a text in the place of a list or a set is refused: %s',
  async (property) => {
    await expect(
      evaluator.evaluateInstances(`
        { webapp.pkg = createManagedProcess { name = "webapp"; process = "/bin/webapp"; ${property}; }; }`),
    ).rejects.toMatchObject({ message: expect.stringContaining('"webapp" has a property of the wrong kind') });
  },
);

test('the package of an instance says what it depends on, as Disnix expressions ask', async () => {
  const evaluated = await evaluator.evaluateInstances(`
    rec {
      a.pkg = createManagedProcess { name = "a"; foregroundProcess = "/bin/a"; };
      b.pkg = createManagedProcess { name = "b"; foregroundProcess = "/bin/b"; dependencies = [ a.pkg ]; };
      c.pkg = createManagedProcess {
        name = "c";
        foregroundProcess = "/bin/c";
        args = map ({ name, ... }: name) b.pkg.dependencies ++ a.pkg.dependencies;
      };
    }`);
  expect(managedOf(evaluated, 'c').foreground?.args).toEqual(['a']);
});

test('what a process refers to is what has to be realised', async () => {
  const { context } = await evaluator.evaluateFiles({
    'processes.nix': `
      { pkgs, processManager }:
      let create = import ../nowhere/nixproc/create-managed-process/universal/create-managed-process-universal.nix { inherit pkgs; };
      in { webapp.pkg = create { name = "webapp"; process = ./start; postInstall = "echo > $out/file"; }; }`,
    start: '#!/bin/sh\n',
  });
  expect(context.derivations.map(({ path, outputs }) => [withoutHash(path), outputs])).toEqual(
    expect.arrayContaining([
      ['coreutils.drv', ['out']],
      ['webapp.drv', ['out']],
    ]),
  );
  expect(context.sources.map(withoutHash)).toEqual(['start']);
});

test('a model gets the arguments that it declares, and its own defaults stand', async () => {
  const model = `
    { pkgs ? "its own", processManager, stateDir ? "/srv", runtimeDir, logDir, libDir ? "its own", callingUser ? "its own"
    , forceDisableUserChange, system, extra ? "its own", ... }@given:
    let create = import ../nowhere/nixproc/create-managed-process/universal/create-managed-process-universal.nix { pkgs = import <nixpkgs> { }; };
    in { webapp.pkg = create {
        name = "webapp";
        process = "/bin/webapp";
        environment = { inherit processManager stateDir runtimeDir logDir libDir forceDisableUserChange system extra; };
        args = builtins.attrNames given ++ [ (if builtins.isString pkgs then pkgs else "a set") (callingUser != "its own") ];
      }; }`;
  const plain = managedOf(await evaluator.evaluateFiles({ 'processes.nix': model }), 'webapp');
  expect(plain.environment).toMatchObject({
    processManager: 'sysvinit',
    stateDir: '/srv',
    runtimeDir: process.platform === 'linux' ? '/run' : '/var/run',
    logDir: '/var/log',
    libDir: 'its own',
    forceDisableUserChange: '',
    extra: 'its own',
  });
  expect(plain.environment['system']).toMatch(/-/);
  const given = ['callingUser', 'forceDisableUserChange', 'logDir', 'processManager', 'runtimeDir', 'system'];
  expect(plain.foreground?.args).toEqual([...given, 'its own', '1']);

  const settings = { stateDir: '/state', libDir: '/lib/here', forceDisableUserChange: true };
  const set = managedOf(
    await evaluator.evaluateFiles(
      { 'processes.nix': model },
      { settings, extraParams: '{ extra = "more"; libDir = "/elsewhere"; }', hostPackages: true },
    ),
    'webapp',
  );
  expect(set.environment).toMatchObject({
    stateDir: '/state',
    logDir: '/state/log',
    libDir: '/elsewhere',
    forceDisableUserChange: '1',
    extra: 'more',
  });
  expect(set.foreground?.args).toContain('a set');
});

test('extra parameters see <nixpkgs> as the model does, and those that the model does not declare are noted', async () => {
  const evaluated = await evaluator.evaluateInstances(
    '{ webapp.pkg = createManagedProcess { name = "webapp"; process = "${pkgs.coreutils}/bin/sleep"; }; }',
    { extraParams: '{ pkgs = import <nixpkgs> { }; portOfset = 1; }', includePaths: [] },
  );
  expect(evaluated.model.hostPackages).toBe(true);
  expect(evaluated.notes).toContain('the model has no argument "portOfset": that extra parameter is ignored');
});

test('without <nixpkgs> the programs of this machine are used, and that is said; asked for, it is not', async () => {
  const instances =
    '{ webapp.pkg = createManagedProcess { name = "webapp"; process = "${pkgs.coreutils}/bin/sleep"; }; }';
  const fallback = await evaluator.evaluateInstances(instances, { includePaths: [] });
  expect(fallback.model.hostPackages).toBe(true);
  expect(fallback.notes).toEqual(['<nixpkgs> was not found: using the programs of this machine (host packages)']);

  const forced = await evaluator.evaluateInstances(instances, { hostPackages: true });
  expect(forced.model.hostPackages).toBe(true);
  expect(forced.notes).toEqual([]);
  expect(managedOf(forced, 'webapp').foreground).toEqual(managedOf(fallback, 'webapp').foreground);

  expect((await evaluator.evaluateInstances(instances)).model.hostPackages).toBe(false);
});

test('of an instance nothing is evaluated but what is needed', async () => {
  const evaluated = await evaluator.evaluateInstances(`
    rec {
      webapp = {
        pkg = createManagedProcess { name = "webapp"; process = "/bin/webapp"; };
        port = throw "no port";
        readiness = { http = { path = "/"; port = 80; host = throw "no"; }; timeout = x: x; };
        critical = x: x;
        startTimeout = throw "no time";
        stopTimeout = x: x;
        function = x: x;
        broken = throw "never looked at";
        worse = abort "never looked at";
        inherit other;
      };
      other = webapp // {
        pkg = createManagedProcess { name = "other"; process = "/bin/other"; };
        port = 5001;
        readiness = null;
        critical = false;
        startTimeout = 120;
        stopTimeout = 2.5;
        leftovers = "keep";
      };
    }`);
  expect(instanceOf(evaluated, 'webapp')).toMatchObject({
    port: null,
    readiness: { probe: { kind: 'http', host: 'localhost', port: 80, path: '/' }, timeout: 60, interval: 0.25 },
    critical: true,
    startTimeout: null,
    stopTimeout: null,
    leftovers: null,
  });
  expect(instanceOf(evaluated, 'other')).toMatchObject({
    port: 5001,
    readiness: null,
    critical: false,
    startTimeout: 120,
    leftovers: 'keep',
    stopTimeout: 2.5,
  });
  expect(evaluated.notes).toEqual([]);
});

test("systemd's KillMode=process is told under every manager, but for a function of overrides", async () => {
  const evaluated = await evaluator.evaluateInstances(`
    {
      sshd.pkg = createManagedProcess {
        name = "sshd";
        process = "/bin/sshd";
        overrides.systemd.Service.KillMode = "process";
      };
      other.pkg = createManagedProcess { name = "other"; process = "/bin/other"; overrides.systemd = _: { }; };
      broken.pkg = createManagedProcess {
        name = "broken";
        process = "/bin/broken";
        overrides.systemd.Service.KillMode = throw "it is another manager's";
      };
    }`);
  const alone = ['sshd', 'other', 'broken'].map((name) => instanceOf(evaluated, name).endsAlone);
  expect(alone).toEqual([true, false, false]);
});

test('a port that Nix cannot even fail to evaluate in peace is left out with a note', async () => {
  const evaluated = await evaluator.evaluateInstances(`
    { webapp = { pkg = createManagedProcess { name = "webapp"; process = "/bin/webapp"; }; port = pkgs.ports.webapp; }; }`);
  expect(instanceOf(evaluated, 'webapp').port).toBeNull();
  expect(evaluated.notes).toEqual([
    "the port or readiness of an instance cannot be evaluated (attribute 'ports' missing): all are left out",
  ]);
});

test('a readiness that says not what to wait for is an error that names the instance', async () => {
  const evaluating = evaluator.evaluateInstances(`
    { webapp = { pkg = createManagedProcess { name = "webapp"; process = "/bin/webapp"; }; readiness = { prot = 1; }; }; }`);
  await expect(evaluating).rejects.toMatchObject({ exitCode: 4, message: expect.stringContaining('"webapp"') });
});

test('ports that are none are ignored', async () => {
  const { model } = await evaluator.evaluateInstances(`
    builtins.mapAttrs (name: port: { inherit port; pkg = createManagedProcess { inherit name; process = "/bin/x"; }; })
      { a = 0; b = 65536; c = "80"; d = -1; e = 65535; f = 1; }`);
  expect(model.instances.map(({ port }) => port)).toEqual([null, null, null, null, 65535, 1]);
});

test('what only some instances have stays with them', async () => {
  const { model } = await evaluator.evaluateInstances(`
    let create = name: { pkg = createManagedProcess { inherit name; process = "/bin/x"; }; }; in
    { a = create "a"; b = create "b" // { port = 2; readiness = null; }; c = create "c" // { critical = false; }; }
    // builtins.mapAttrs (name: _: create name // { startTimeout = 7; }) { aa = null; d = null; }`);
  expect(
    model.instances.map(({ instance, port, critical, startTimeout, position }) => [
      instance,
      port,
      critical,
      startTimeout,
      position === null,
    ]),
  ).toEqual([
    ['a', null, true, null, false],
    ['aa', null, true, 7, true],
    ['b', 2, true, null, false],
    ['c', null, false, null, false],
    ['d', null, true, 7, true],
  ]);
});

test('processes of create functions that were given different directories keep theirs', async () => {
  const { model } = await evaluator.evaluateFiles({
    'processes.nix': `
      { pkgs, processManager }:
      let
        create = import ../nowhere/nixproc/create-managed-process/universal/create-managed-process-universal.nix;
        process = stateDir: name: create { inherit pkgs stateDir; } { inherit name; process = "/bin/x"; };
      in {
        a.pkg = process "/a" "a";
        b.pkg = process "/b" "b";
        c.pkg = pkgs.coreutils;
        d.pkg = process "/a" "d";
      }`,
  });
  expect(model.instances.map(({ directories }) => directories.stateDir)).toEqual(['/a', '/b', '/var', '/a']);
});

test('an instance knows where the model defines it', async () => {
  const evaluated = await evaluator.evaluate('imports/relative-path/processes.nix');
  expect(instanceOf(evaluated, 'webapp').position).toEqual({
    file: expect.stringMatching(/imports\/relative-path\/processes\.nix$/),
    line: 18,
    column: 3,
  });
});

test('a dependency that is no instance comes along, with what it depends on, and is noted', async () => {
  const evaluated = await evaluator.evaluateInstances(`
    let
      database = createManagedProcess { name = "database"; process = "/bin/database"; dependencies = [ storage ]; };
      storage = createManagedProcess { name = "storage"; process = "/bin/storage"; };
    in
    {
      webapp1.pkg = createManagedProcess { name = "webapp1"; process = "/bin/webapp"; dependencies = [ database ]; };
      webapp2.pkg = createManagedProcess { name = "webapp2"; process = "/bin/webapp"; dependencies = [ database ]; };
    }`);
  expect(
    evaluated.model.instances.map(({ instance, declared, dependencies }) => [instance, declared, dependencies]),
  ).toEqual([
    ['database', false, ['storage']],
    ['storage', false, []],
    ['webapp1', true, ['database']],
    ['webapp2', true, ['database']],
  ]);
  expect(evaluated.notes).toEqual([
    'webapp1 depends on "database", which is no instance of the model: it is deployed as well',
    'database depends on "storage", which is no instance of the model: it is deployed as well',
  ]);
});

test('the same process made twice is one process', async () => {
  const { model, notes } = await evaluator.evaluateInstances(`
    let database = _: createManagedProcess { name = "database"; process = "/bin/database"; }; in
    {
      database.pkg = database 1;
      webapp.pkg = createManagedProcess { name = "webapp"; process = "/bin/webapp"; dependencies = [ (database 2) ]; };
    }`);
  expect(model.instances).toHaveLength(2);
  expect(notes).toEqual([]);
});

test('a dependency with the name of an instance and other arguments is refused', async () => {
  const failure = evaluator.evaluateInstances(`
    let database = port: createManagedProcess { name = "database"; process = "/bin/database"; args = [ port ]; }; in
    {
      database.pkg = database 1;
      webapp.pkg = createManagedProcess { name = "webapp"; process = "/bin/webapp"; dependencies = [ (database 2) ]; };
    }`);
  await expect(failure).rejects.toThrow(ModelError);
  await expect(failure).rejects.toThrow(
    '"webapp" depends on a process "database" that is not the model\'s own "database"',
  );
});

test('a dependency is compared with all instances of its name, which ordering refuses', async () => {
  const { model } = await evaluator.evaluateInstances(`
    let database = port: createManagedProcess { name = "database"; process = "/bin/database"; args = [ port ]; }; in
    {
      database1.pkg = database 1;
      database2.pkg = database 2;
      webapp.pkg = createManagedProcess { name = "webapp"; process = "/bin/webapp"; dependencies = [ (database 2) ]; };
    }`);
  expect(model.instances.map(({ name }) => name)).toEqual(['database', 'database', 'webapp']);
});

test('processes that differ in their directories alone are different', async () => {
  await expect(
    evaluator.evaluateFiles({
      'processes.nix': `
        { pkgs, processManager }:
        let
          create = import ../nowhere/nixproc/create-managed-process/universal/create-managed-process-universal.nix;
          database = stateDir: create { inherit pkgs stateDir; } { name = "database"; process = "/bin/database"; };
        in {
          database.pkg = database "/a";
          webapp.pkg = create { inherit pkgs; } { name = "webapp"; process = "/bin/x"; dependencies = [ (database "/b") ]; };
        }`,
    }),
  ).rejects.toThrow('"webapp" depends on a process "database" that is not the model\'s own "database"');
});

test('a dependency whose name is the attribute of another process is refused', async () => {
  await expect(
    evaluator.evaluateInstances(`
      {
        database.pkg = createManagedProcess { name = "postgresql"; process = "/bin/database"; };
        webapp.pkg = createManagedProcess {
          name = "webapp";
          process = "/bin/webapp";
          dependencies = [ (createManagedProcess { name = "database"; process = "/bin/other"; }) ];
        };
      }`),
  ).rejects.toThrow(
    '"webapp" depends on a process "database", but the model\'s instance "database" is another process',
  );
});

test('instances may depend on each other in a circle, which ordering finds', async () => {
  const { model } = await evaluator.evaluate('broken/cycle.nix');
  expect(model.instances.map(({ dependencies }) => dependencies)).toEqual([['webapp2'], ['webapp3'], ['webapp1']]);
});

test('the tools that a process needs follow from the manager and from what the process can do', async () => {
  const instances = `
    builtins.mapAttrs (name: properties: { pkg = createManagedProcess ({ inherit name; } // properties); }) {
      both = { process = "/bin/x"; };
      daemon = { daemon = "/bin/x"; };
      foreground = { foregroundProcess = "/bin/x"; };
      user = { process = "/bin/x"; user = "x"; };
    }`;
  const toolsFor = async (manager: string, options = {}): Promise<Record<string, string[]>> => {
    const { model } = await evaluator.evaluateInstances(instances, { manager, ...options });
    const own = (tools: Readonly<Record<string, string>>): string[] =>
      Object.keys(tools).filter((name) => ['daemon', 'setpriv'].includes(name));
    expect(model.instances[0]?.tools).toMatchObject({
      shell: '/bin/sh',
      coreutils: expect.stringMatching(/coreutils$/),
    });
    return Object.fromEntries(model.instances.map(({ name, tools }) => [name, own(tools).sort()]));
  };
  expect(await toolsFor('sysvinit')).toEqual({ both: [], daemon: [], foreground: ['daemon'], user: ['setpriv'] });
  expect(await toolsFor('sysvinit', { settings: { forceDisableUserChange: true } })).toMatchObject({ user: [] });
  expect(await toolsFor('supervisord')).toMatchObject({ both: [], foreground: [] });
});

test('users and groups get their numbers, and passwords stay out', async () => {
  const model = (force: boolean): Record<string, string> => ({
    'processes.nix': `
      { pkgs, processManager }:
      let create = import ../nowhere/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
          inherit pkgs;
          forceDisableUserChange = ${String(force)};
          ids = { uids.webapp = 2000; uids.other = 1; gids.webapp = 3000; };
        };
      in { webapp.pkg = create {
          name = "webapp";
          process = "/bin/webapp";
          user = "webapp";
          credentials = {
            groups = { webapp = { }; fixed.gid = 7; };
            users = {
              webapp = { group = "webapp"; description = "Web"; password = "secret"; };
              home = { homeDir = "/home/x"; createHomeDir = true; shell = "/bin/sh"; uid = 5; };
            };
          };
        }; }`,
  });
  const evaluated = await evaluator.evaluateFiles(model(false));
  const { credentials, user } = managedOf(evaluated, 'webapp');
  expect(user).toBe('webapp');
  expect(credentials.groups).toEqual([
    { name: 'fixed', gid: 7, attributes: { gid: '7' } },
    { name: 'webapp', gid: 3000, attributes: { gid: '3000' } },
  ]);
  expect(credentials.users).toEqual([
    {
      name: 'home',
      uid: 5,
      group: null,
      description: null,
      homeDir: '/home/x',
      createHomeDir: true,
      shell: '/bin/sh',
      attributes: { createHomeDir: '1', homeDir: '/home/x', shell: '/bin/sh', uid: '5' },
    },
    {
      name: 'webapp',
      uid: 2000,
      group: 'webapp',
      description: 'Web',
      homeDir: null,
      createHomeDir: false,
      shell: null,
      attributes: { description: 'Web', group: 'webapp', uid: '2000' },
    },
  ]);
  expect(evaluated.notes).toEqual([
    'webapp: the password of user "webapp" is left out, since everyone can read a profile',
  ]);
  expect(JSON.stringify(evaluated)).not.toContain('secret');

  const disabled = managedOf(await evaluator.evaluateFiles(model(true)), 'webapp');
  expect(disabled.user).toBeNull();
  expect(disabled.credentials.groups).toEqual([]);
  expect(disabled.credentials.users.map(({ name }) => name)).toEqual(['home']);
});

test('only postInstall makes files, and they are built where the model refers to them', async () => {
  const evaluated = await builder.evaluate('imports/interpolated-package/processes.nix');
  const { files } = instanceOf(evaluated, 'container');
  expect(instanceOf(evaluated, 'webapp').files).toBeNull();
  expect(managedOf(evaluated, 'webapp').environment).toEqual({ CONTAINERS: `${files ?? ''}/etc/dysnomia/containers` });
  const derivation = evaluated.context.derivations.find(({ path }) => path.endsWith('-container.drv'));
  const built = await builder.run({ file: 'nix-store', args: ['--realise', derivation?.path ?? ''] });
  expect(built).toMatchObject({ exitCode: 0, stdout: `${files ?? ''}\n` });
  const { stdout } = await builder.run({ file: 'cat', args: [`${files ?? ''}/etc/dysnomia/containers/container`] });
  expect(stdout).toBe('type=process\n');
});

test('a package that was made without the framework is taken as it is', async () => {
  const evaluated = await evaluator.evaluateInstances(`{ tool.pkg = pkgs.coreutils; }`);
  const { process, tools, directories } = instanceOf(evaluated, 'tool');
  expect(process).toMatchObject({ kind: 'package', name: 'coreutils' });
  expect(tools['shell']).toBe('/bin/sh');
  expect(directories.stateDir).toBe('/var');
});

test('a model without instances is a model', async () => {
  const { model, toolSource } = await evaluator.evaluateInstances('{ }');
  expect(model.instances).toEqual([]);
  expect(toolSource).toEqual({ shell: '/bin/sh', coreutils: expect.stringMatching(/coreutils$/) });
});

test('overrides are those of the chosen manager', async () => {
  const instances = `
    {
      webapp.pkg = createManagedProcess {
        name = "webapp";
        process = "/bin/webapp";
        overrides = { sysvinit = { runlevels = [ 3 4 ]; path = [ pkgs.coreutils ]; }; supervisord = arguments: arguments; systemd = throw "never"; };
      };
    }`;
  const { overrides } = managedOf(await evaluator.evaluateInstances(instances), 'webapp');
  expect(overrides).toEqual({ runlevels: [3, 4], path: [expect.stringMatching(/coreutils$/)] });
  const other = await evaluator.evaluateInstances(instances, { manager: 'supervisord' });
  expect(managedOf(other, 'webapp').overrides).toBe('function');
});

test('the same model always evaluates to the same text', async () => {
  const texts = await Promise.all(
    [1, 2].map(async () => JSON.stringify(await evaluator.evaluate('imports/curried-constructors/processes.nix'))),
  );
  expect(texts[0]).toBe(texts[1]);
});

test('a search path that names a file of the model is passed on', async () => {
  const evaluated = await evaluator
    .evaluateInstances(
      '{ webapp.pkg = createManagedProcess { name = "webapp"; process = "/bin/webapp"; args = [ (toString <model/x>) ]; }; }',
      { includePaths: [standInNixpkgs, `model=${join(evaluator.directory)}`] },
    )
    .catch((error: unknown) => error);
  expect(evaluated).toMatchObject({ exitCode: 3, why: expect.stringContaining("file 'model/x' was not found") });
});

test("Nix' own fetchurl.nix, which newer versions have on no disk, can be imported", async () => {
  const evaluated = await evaluator.evaluateInstances(
    `{
      webapp.pkg = createManagedProcess {
        name = "webapp";
        process = "/bin/true";
        environment.FILE = import <nix/fetchurl.nix> { url = "file:///dev/null"; hash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; };
      };
    }`,
  );
  expect(withoutHash(managedOf(evaluated, 'webapp').environment['FILE'] ?? '')).toBe('null');
});

test('a package that has no path before it is built is refused, rather than written as a placeholder', async () => {
  const contentAddressed = await createEvaluator('experimental-features = ca-derivations');
  try {
    await expect(
      contentAddressed.evaluateInstances(
        `{
          webapp.pkg = createManagedProcess {
            name = "webapp";
            process = "/bin/true";
            environment.PACKAGE = derivation {
              name = "floating"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ ];
              __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256";
            };
          };
        }`,
      ),
    ).rejects.toMatchObject({
      exitCode: 3,
      message: 'The model refers to a package whose path is not known before it is built',
      why: expect.stringMatching(/^It is content-addressed \(ca-derivations\): \S+-floating\.drv$/),
    });
  } finally {
    await contentAddressed.remove();
  }
});
