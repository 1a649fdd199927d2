import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as z from '../../src/system/schema.js';
import { createMachine, shellService, sleeper, type Machine } from '../backends/systemd/support/machine.js';
import { accounts } from '../support/accounts.js';
import { isRoot } from '../support/is-root.js';
import { repository } from '../support/repository.js';
import { eventually } from '../support/waiting.js';

const [root] = accounts;
const refuseTogether = join(repository, 'test/backends/systemd/support/refuse-together.sh');

// A systemd needs namespaces and mounts, which are root's.
const describeAsRoot = isRoot ? describe : describe.skip;

const unitSection = (properties: string): string => `overrides.systemd.Unit = { ${properties} };`;

describeAsRoot('what units say about changes, and what else they can be', () => {
  let machine: Machine;
  beforeAll(async () => {
    if (root === undefined) throw new Error('nobody can run the tests');
    machine = await createMachine('system', root);
  });
  afterAll(async () => {
    await machine.dispose();
  });
  const undeploy = () => machine.deployment.succeed('undeploy');

  /** A service that appends a line to a file when it is told to read its configuration again. */
  const reloadable = (name: string, properties: string): string =>
    shellService(
      name,
      `trap "echo again >>$LOG" HUP; while true; do sleep 0.1; done`,
      `environment.LOG = "${machine.deployment.stateDir}/${name}.reloads"; overrides.systemd = { Service.ExecReload = "/bin/kill -HUP $MAINPID"; ${properties} };`,
    );
  const reloadsOf = (name: string): Promise<number> =>
    eventually(async () => {
      const lines = await machine.namespace.mustRun('cat', `${machine.deployment.stateDir}/${name}.reloads`);
      return lines.split('\n').length - 1;
    });

  test('a changed reload trigger is a reload where there is a reload command, and a restart elsewhere', async () => {
    const model = (trigger: string) => ({
      able: reloadable('able', `Unit.X-Reload-Triggers = [ "${trigger}" ];`),
      unable: sleeper('unable', unitSection(`X-Reload-Triggers = [ "${trigger}" ];`)),
    });
    await machine.mustDeploy(model('old'));
    const [able, unable] = await machine.pids('able', 'unable');
    const said = await machine.mustDeploy(model('new'));
    expect(said).toContain('reloading able (X-Reload-Triggers changed)');
    expect(said).toContain('restarting unable (X-Reload-Triggers changed)');
    const after = await machine.pids('able', 'unable');
    expect(after[0]).toBe(able);
    expect(after[1]).not.toBe(unable);
    expect(await reloadsOf('able')).toBe(1);
  });

  test('what is replaced ends before what it depended on until then, though the new model does not say so', async () => {
    const log = `${machine.deployment.stateDir}/ended`;
    const ending = (name: string, properties: string): string =>
      shellService(name, `trap "echo ${name} >>${log}; exit 0" TERM; while true; do sleep 0.05; done`, properties);
    await machine.mustDeploy({
      database: ending('database', ''),
      application: ending('application', 'dependencies = [ database.pkg ];'),
    });
    await machine.mustDeploy({ application: ending('application', 'environment.VERSION = "2";') });
    expect(await machine.namespace.mustRun('cat', log)).toBe('application\ndatabase\n');
    await undeploy();
  });

  test('reload is a HUP for a process without a reload command', async () => {
    const log = `${machine.deployment.stateDir}/hup.reloads`;
    await machine.mustDeploy({
      hup: shellService('hup', `trap "echo again >>${log}" HUP; while true; do sleep 0.1; done`),
      dead: sleeper('dead'),
    });
    const before = await machine.pids('hup');
    await machine.deployment.succeed('reload', 'hup');
    expect(await reloadsOf('hup')).toBe(1);
    expect(await machine.pids('hup')).toEqual(before);
    await machine.deployment.succeed('stop', 'dead');
    const { exitCode, stderr } = await machine.deployment.tool('reload', 'hup', 'dead');
    expect(exitCode).toBe(6);
    expect(stderr).toContain('dead did not reload');
    expect(stderr).not.toContain('hup did not reload');
  });

  test('X-ReloadIfChanged, X-RestartIfChanged and X-SwitchMethod say what a change does', async () => {
    const model = (version: number) => ({
      reloads: reloadable('reloads', `Service.X-ReloadIfChanged = true; environment.VERSION = "${version}";`),
      stays: sleeper(
        'stays',
        `environment.VERSION = ${version}; overrides.systemd.Service.X-RestartIfChanged = false;`,
      ),
      kept: sleeper('kept', `environment.VERSION = ${version}; ${unitSection('X-SwitchMethod = "keep-old";')}`),
      plain: sleeper('plain', `environment.VERSION = ${version};`),
    });
    await machine.mustDeploy(model(1));
    const before = await machine.pids('reloads', 'stays', 'kept', 'plain');
    const said = await machine.mustDeploy(model(2));
    const after = await machine.pids('reloads', 'stays', 'kept', 'plain');
    expect(after.slice(0, 3)).toEqual(before.slice(0, 3));
    expect(after[3]).not.toBe(before[3]);
    expect(said).toContain('reloading reloads');
    expect(said).toContain('stays has changed, but its definition says not to restart it');
    expect(await reloadsOf('reloads')).toBe(1);
  });

  test('X-StopIfChanged stops a changed process by its old definition, before everything else', async () => {
    const log = `${machine.deployment.stateDir}/stops`;
    const model = (version: number) => ({
      early: sleeper(
        'early',
        `overrides.systemd = { Unit.X-StopIfChanged = true; Service.ExecStopPost = "/bin/sh -c 'echo ${version} >>${log}'"; };`,
      ),
    });
    await machine.mustDeploy(model(1));
    const said = await machine.mustDeploy(model(2));
    expect(said).toMatch(/stopping early[^]*starting early/);
    expect(await machine.namespace.mustRun('cat', log)).toBe('1\n');
  });

  test('X-StopOnRemoval=false leaves a process running that is no longer deployed', async () => {
    await machine.mustDeploy({
      a: sleeper('a'),
      survivor: sleeper('survivor', unitSection('X-StopOnRemoval = false;')),
    });
    const before = await machine.pids('survivor');
    expect(await machine.mustDeploy({ a: sleeper('a') })).toContain('survivor keeps running');
    expect(await machine.pids('survivor')).toEqual(before);
    expect(await machine.unitFiles()).not.toContain('nix-process-survivor.service');
    await machine.systemctl('stop', 'nix-process-survivor.service');
  });

  test('X-OnlyManualStart leaves the start to people, also at boot', async () => {
    const model = (version: number) => ({
      manual: sleeper('manual', `environment.VERSION = ${version}; ${unitSection('X-OnlyManualStart = true;')}`),
    });
    expect(await machine.mustDeploy(model(1))).toContain('manual is not started');
    expect(await machine.states()).toEqual({ manual: 'stopped' });
    expect(await machine.property('nix-processmgmt-processes.target', 'Wants')).not.toContain('manual');
    await machine.deployment.succeed('start', 'manual');
    const before = await machine.pids('manual');
    await machine.mustDeploy(model(2));
    expect(await machine.pids('manual')).toEqual(before);
    await undeploy();
  });

  test('a timer starts its service when it is time, and not before', async () => {
    const model = (seconds: number) => ({
      job: shellService(
        'job',
        `date >>${machine.deployment.stateDir}/job.runs`,
        `overrides.systemd = { Service.Type = "oneshot"; Timer = { OnActiveSec = ${seconds}; AccuracySec = "10ms"; }; };`,
      ),
    });
    await machine.mustDeploy(model(3600));
    expect(await machine.loadedUnits()).toMatchObject({
      'nix-process-job.timer': 'active',
      'nix-process-job.service': 'inactive',
    });
    const { stdout, exitCode } = await machine.deployment.tool('status');
    expect(stdout).toMatch(/^job +systemd +running +- .*nix-process-job.timer is waiting$/m);
    expect(exitCode).toBe(0);
    expect(await machine.mustDeploy(model(1))).toContain('restarting job (Timer.OnActiveSec changed)');
    await eventually(async () => {
      await machine.namespace.mustRun('cat', `${machine.deployment.stateDir}/job.runs`);
      return true;
    });
    expect(await machine.property('nix-process-job.timer', 'Description')).toBe('job (timer)');
    await undeploy();
    expect(await machine.loadedUnits()).toEqual({});
    expect(await machine.unitFiles()).toEqual([]);
  });

  const answerOf = (port: number): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = '';
      connect(port, '127.0.0.1')
        .setEncoding('utf8')
        .on('data', (chunk) => (text += String(chunk)))
        .on('end', () => {
          resolve(text);
        })
        .on('error', reject);
    });

  test('a socket starts its service when somebody connects; a change waits for the next one', async () => {
    const port = machine.deployment.portOf(0);
    const model = (answer: string, more = '') => ({
      echo: `create {
        name = "echo";
        foregroundProcess = "/usr/bin/perl";
        args = [ "-e" ''open S, "+<&=3"; while (accept C, S) { print C "${answer} $$\\n"; close C }'' ];
        overrides.systemd = { Socket.ListenStream = "127.0.0.1:${port}"; ${more} };
      }`,
    });
    await machine.mustDeploy(model('one'));
    expect(await machine.loadedUnits()).toMatchObject({
      'nix-process-echo.socket': 'active',
      'nix-process-echo.service': 'inactive',
    });
    expect(await answerOf(port)).toMatch(/^one /);
    expect(await machine.loadedUnits()).toMatchObject({ 'nix-process-echo.service': 'active' });
    await machine.mustDeploy(model('two'));
    expect(await machine.loadedUnits()).toMatchObject({
      'nix-process-echo.socket': 'active',
      'nix-process-echo.service': 'inactive',
    });
    expect(await answerOf(port)).toMatch(/^two /);

    await machine.mustDeploy(model('three', 'Service.X-NotSocketActivated = true;'));
    expect(await machine.loadedUnits()).toMatchObject({
      'nix-process-echo.socket': 'active',
      'nix-process-echo.service': 'active',
    });
    expect(await answerOf(port)).toMatch(/^three /);
    await undeploy();
    expect(await machine.loadedUnits()).toEqual({});
  });

  test('a path unit starts its service when something appears', async () => {
    const file = `${machine.deployment.stateDir}/appears`;
    await machine.mustDeploy({
      watcher: shellService('watcher', 'exec sleep infinity', `overrides.systemd.Path.PathExists = "${file}";`),
      dependent: sleeper('dependent', 'dependencies = [ watcher.pkg ];'),
    });
    expect(await machine.property('nix-process-dependent.service', 'Wants')).toContain('nix-process-watcher.path');
    expect(await machine.loadedUnits()).toMatchObject({ 'nix-process-watcher.service': 'inactive' });
    await machine.namespace.mustRun('touch', file);
    await eventually(async () =>
      (await machine.loadedUnits())['nix-process-watcher.service'] === 'active' ? true : undefined,
    );
    await undeploy();
  });

  test('masked units and drop-ins of an operator are reported and stay', async () => {
    const dropIn = '/etc/systemd/system/nix-process-b.service.d';
    await machine.namespace.mustRun('systemctl', 'mask', 'nix-process-a.service');
    await machine.namespace.mustRun('mkdir', dropIn);
    await machine.namespace.mustRun('sh', '-c', `printf '[Service]\\nEnvironment=EXTRA=1\\n' >${dropIn}/extra.conf`);
    const model = (version: number) => ({
      a: sleeper('a', `environment.VERSION = ${version};`),
      b: sleeper('b', `environment.VERSION = ${version};`),
    });
    for (const version of [1, 2]) {
      const said = await machine.mustDeploy(model(version));
      expect(said).toContain('nix-process-a.service is masked by /etc/systemd/system/nix-process-a.service');
      expect(said).toContain(`nix-process-b.service is changed by ${dropIn}/extra.conf, which is not ours and stays`);
    }
    expect(await machine.states()).toEqual({ a: 'stopped', b: 'running' });
    expect(await machine.property('nix-process-b.service', 'Environment')).toContain('EXTRA=1');
    await undeploy();
    expect(await machine.namespace.mustRun('readlink', '/etc/systemd/system/nix-process-a.service')).toBe(
      '/dev/null\n',
    );
    await machine.namespace.mustRun('test', '-e', `${dropIn}/extra.conf`);
    await machine.namespace.mustRun('rm', '-r', dropIn, '/etc/systemd/system/nix-process-a.service');
    await machine.systemctl('daemon-reload');
  });

  const wrapper = '/usr/local/bin/systemctl';
  test.each([
    { version: 'this systemd', isAllForOne: false },
    { version: 'a systemd that refuses all units of a call for one', isAllForOne: true },
  ])('a refusal by $version is told, and the others are done', async ({ isAllForOne }) => {
    if (isAllForOne) await machine.namespace.mustRun('install', '-m755', refuseTogether, wrapper);
    const model = (version: number, ...more: readonly string[]) =>
      Object.fromEntries(
        ['a', 'b', 'c', ...more].map((name) => [name, sleeper(name, `environment.VERSION = ${version};`)]),
      );
    const dropIns = '/run/systemd/system/nix-process-b.service.d';
    const forbid = async (property: string): Promise<void> => {
      await machine.namespace.mustRun('mkdir', '-p', dropIns);
      await machine.namespace.mustRun('sh', '-c', `printf '[Unit]\\n${property}=yes\\n' >${dropIns}/no.conf`);
      await machine.systemctl('daemon-reload');
    };
    const refusal = 'Operation refused, unit nix-process-b.service may be requested by dependency only';
    const versionOf = (name: string) => machine.property(`nix-process-${name}.service`, 'Environment');

    await machine.mustDeploy(model(1));
    const [, b] = await machine.pids('a', 'b');
    await forbid('RefuseManualStop');
    const changed = await machine.deploy(model(2, 'd'));
    expect(changed.exitCode).toBe(7);
    expect(changed.stderr).toMatch(new RegExp(`b did not restart: .*${refusal}`));
    expect(changed.stderr).not.toMatch(/[acd] did not/);
    expect(await machine.states()).toEqual({ a: 'running', b: 'running', c: 'running' });
    expect((await machine.pids('b'))[0]).toBe(b);
    for (const name of ['a', 'b', 'c']) expect(await versionOf(name)).toContain('VERSION=1');

    const [a] = await machine.pids('a');
    const restarted = await machine.deployment.tool('restart', 'a', 'b');
    expect(restarted).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('b did not restart: ') });
    expect((await machine.pids('a'))[0]).not.toBe(a);
    const stopped = await machine.deployment.tool('stop', 'a', 'b');
    expect(stopped.exitCode).toBe(6);
    expect(stopped.stderr).toMatch(new RegExp(`b did not stop: .*${refusal}`));
    expect(await machine.states()).toEqual({ a: 'stopped', b: 'running', c: 'running' });
    await machine.deployment.succeed('start', 'a');
    const undeployed = await machine.deployment.tool('undeploy');
    expect(undeployed.exitCode).toBe(7);
    expect(undeployed.stderr).toMatch(new RegExp(`b did not stop: .*${refusal}`));
    expect(await machine.states()).toEqual({ a: 'running', b: 'running', c: 'running' });
    expect((await machine.pids('b'))[0]).toBe(b);

    await forbid('RefuseManualStart');
    await machine.systemctl('stop', 'nix-process-a.service');
    await machine.systemctl('stop', 'nix-process-b.service');
    const started = await machine.deployment.tool('start', 'a', 'b');
    expect(started.exitCode).toBe(6);
    expect(started.stderr).toMatch(new RegExp(`b did not start: .*${refusal}`));
    expect(await machine.states()).toEqual({ a: 'running', b: 'stopped', c: 'running' });
    const added = await machine.deploy(model(3, 'd'));
    expect(added.exitCode).toBe(7);
    expect(await machine.states()).toMatchObject({ a: 'running', c: 'running' });
    for (const name of ['a', 'c']) expect(await versionOf(name)).toContain('VERSION=1');
    await machine.namespace.mustRun('rm', '-r', dropIns);
    await machine.systemctl('daemon-reload');
    await undeploy();

    await machine.namespace.mustRun('systemctl', 'mask', 'nix-process-m.service');
    await machine.mustDeploy(model(4, 'm'));
    await machine.deployment.succeed('stop', 'a', 'c');
    for (const verb of ['start', 'restart']) {
      const masked = await machine.deployment.tool(verb, 'a', 'm', 'c');
      expect(masked.exitCode).toBe(6);
      expect(masked.stderr).toMatch(new RegExp(`m did not ${verb}: .*Unit nix-process-m.service is masked`));
      expect(await machine.states()).toEqual({ a: 'running', b: 'running', c: 'running', m: 'stopped' });
    }
    await undeploy();
    await machine.namespace.mustRun('systemctl', 'unmask', 'nix-process-m.service');
    if (isAllForOne) await machine.namespace.mustRun('rm', wrapper);
  });

  test("what is in a unit's place stops a switch before anything is touched", async () => {
    await machine.mustDeploy({ a: sleeper('a') });
    const before = await machine.pids('a');
    const theirs = '/etc/systemd/system/nix-process-b.service';
    await machine.namespace.mustRun('sh', '-c', `printf '[Service]\\nExecStart=/bin/true\\n' >${theirs}`);
    const { exitCode, stderr } = await machine.deploy({ b: sleeper('b') });
    expect(exitCode).toBe(4);
    expect(stderr).toContain(`${theirs} is not ours, and in the way`);
    expect(await machine.pids('a')).toEqual(before);
    await machine.namespace.mustRun('rm', theirs);
    await undeploy();
  });

  test('what was changed by hand is told, respected, and put right by a switch that repairs', async () => {
    const rows = async (): Promise<Readonly<Record<string, unknown>>> =>
      Object.fromEntries(
        z
          .array(z.object({ instance: z.string(), state: z.string(), drift: z.array(z.string()), extra: z.boolean() }))
          .parse(JSON.parse((await machine.deployment.tool('status', '--json')).stdout))
          .map(({ instance, ...row }) => [instance, row]),
      );
    const fine = { state: 'running', drift: [], extra: false };
    await machine.mustDeploy({ a: sleeper('a'), b: sleeper('b'), c: sleeper('c'), left: sleeper('left') });
    const old = (await machine.namespace.mustRun('readlink', '/etc/systemd/system/nix-process-left.service')).trim();
    await machine.mustDeploy({ a: sleeper('a'), b: sleeper('b'), c: sleeper('c') });
    expect(await rows()).toEqual({ a: fine, b: fine, c: fine });
    const [a, b] = await machine.pids('a', 'b');

    const unit = '/etc/systemd/system/nix-process-b.service';
    await machine.namespace.mustRun('sh', '-c', `rm ${unit}; printf '[Service]\\nExecStart=/bin/sleep 7\\n' >${unit}`);
    await machine.systemctl('link', old);
    await machine.systemctl('start', 'nix-process-left.service');
    await machine.systemctl('stop', 'nix-process-c.service');
    expect(await rows()).toEqual({
      a: fine,
      b: { state: 'running', drift: [`${unit} was replaced by a file`], extra: false },
      c: { state: 'stopped', drift: ['somebody has stopped it'], extra: false },
      left: { state: 'running', drift: [expect.stringContaining('not in the generation')], extra: true },
    });
    const refused = await machine.deploy({ a: sleeper('a'), b: sleeper('b'), c: sleeper('c'), d: sleeper('d') });
    expect(refused).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('switch --repair') });

    const { exitCode, stderr } = await machine.deploy(
      { a: sleeper('a'), b: sleeper('b'), c: sleeper('c') },
      '--repair',
    );
    expect({ exitCode, said: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, said: '' });
    expect(await rows()).toEqual({ a: fine, b: fine, c: fine });
    expect((await machine.pids('a'))[0]).toBe(a);
    expect((await machine.pids('b'))[0]).not.toBe(b);
    expect(await machine.unitFiles()).not.toContain('nix-process-left.service');
    // What somebody has written is not lost.
    expect(await machine.namespace.mustRun('cat', `${unit}.before-repair`)).toContain('sleep 7');
    await machine.namespace.mustRun('rm', `${unit}.before-repair`);
    await undeploy();
  });

  test('two profiles cannot have a process of the same name', async () => {
    await machine.mustDeploy({ a: sleeper('a') });
    const { exitCode, stderr } = await machine.deploy({ a: sleeper('a') }, '-p', 'staging');
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(
      /nix-process-a\.service is not ours[^]*The profile \S+\/profiles\/processes has a process with the same name/,
    );
    await machine.deploy({ c: sleeper('c') }, '-p', 'staging');
    expect(Object.keys(await machine.loadedUnits())).toEqual([
      'nix-process-a.service',
      'nix-process-c.service',
      'nix-processmgmt-processes.target',
      'nix-processmgmt-staging.target',
    ]);
    await undeploy();
    expect(await machine.property('nix-process-c.service', 'ActiveState')).toBe('active');
    await machine.deployment.succeed('undeploy', '-p', 'staging');
    expect(await machine.unitFiles()).toEqual([]);
  });

  test('every argument of createSystemdService arrives', async () => {
    await machine.mustDeploy({
      base: `createDirectly { name = "base"; Service.ExecStart = "/bin/sleep infinity"; }`,
      site: `createWith { prefix = "site-"; basePackages = [ "/opt/base" ]; } {
        name = "site";
        path = [ "/opt/site" ];
        environment.A = "50% off";
        dependencies = [ base.pkg ];
        Unit.Description = "A site";
        Service = { ExecStart = "/bin/sleep infinity"; Nice = 5; PrivateTmp = false; ExecStartPre = [ "/bin/true" "-/bin/false" ]; };
        Install = { WantedBy = [ "graphical.target" ]; Alias = "website.service"; };
      }`,
      work: `createDirectly { name = "work"; unitType = "slice"; Slice.CPUWeight = 50; }`,
      user: `createDirectly { name = "user"; dependencies = [ site.pkg work.pkg ]; Service.ExecStart = "/bin/sleep infinity"; }`,
    });
    expect(await machine.property('site-site.service', 'Environment')).toBe(
      '"A=50% off" PATH=/opt/base/bin:/opt/site/bin',
    );
    expect(await machine.property('site-site.service', 'Nice')).toBe('5');
    expect(await machine.property('site-site.service', 'PrivateTmp')).toBe('no');
    expect(await machine.property('site-site.service', 'After')).toContain('nix-process-base.service');
    expect(await machine.property('website.service', 'Id')).toBe('site-site.service');
    expect(await machine.property('nix-process-user.service', 'Wants')).toContain('site-site.service');
    expect(await machine.property('nix-process-work.slice', 'ActiveState')).toBe('active');
    expect(await machine.unitFiles()).toContain('graphical.target.wants/site-site.service');
    expect(await machine.states()).toEqual({ base: 'running', site: 'running', user: 'running', work: 'running' });
    await undeploy();
    expect(await machine.unitFiles()).toEqual([]);
  });

  test('a daemon is managed by its PID file', async () => {
    await machine.mustDeploy({
      daemonic: `create {
        name = "daemonic";
        daemon = "/bin/sh";
        daemonArgs = [ "-c" ''sleep infinity & echo $! >"$PID_FILE"'' ];
        pidFile = "\${tmpDir}/daemonic.pid";
        environment.PID_FILE = "\${tmpDir}/daemonic.pid";
      }`,
    });
    expect(await machine.property('nix-process-daemonic.service', 'Type')).toBe('forking');
    const [pid = ''] = await machine.pids('daemonic');
    expect(await machine.namespace.mustRun('cat', `/proc/${pid}/comm`)).toBe('sleep\n');
    await undeploy();
  });

  test('a process runs as a user that the switch has made, after what root did for it', async () => {
    const { stateDir } = machine.deployment;
    await machine.mustDeploy({
      web: sleeper(
        'web',
        `user = "web"; initialize = "mkdir -p ${stateDir}/web; chown web:web ${stateDir}/web"; directory = "${stateDir}/web"; credentials = { groups.web = {}; users.web = { group = "web"; description = "A site"; }; };`,
      ),
    });
    const [pid = ''] = await machine.pids('web');
    expect(await machine.namespace.mustRun('stat', '--format=%U:%G', `/proc/${pid}`, `${stateDir}/web`)).toBe(
      'web:web\nweb:web\n',
    );
    await undeploy();
  });

  test('of a first generation it is told what failed and what systemd refuses; nothing of it stays', async () => {
    const good = {
      plain: sleeper('plain'),
      after: sleeper('after', 'dependencies = [ plain.pkg ];'),
      slow: sleeper('slow', 'initialize = "sleep 1";'),
      idle: sleeper('idle', unitSection(`ConditionPathExists = "${machine.deployment.directory}/nowhere";`)),
      once: shellService('once', 'exit 0', 'overrides.systemd.Service.Type = "oneshot";'),
    };
    const failed = await machine.deploy({
      ...good,
      bad: shellService('bad', 'echo "the disk is made of cheese"; exit 3'),
      brief: shellService('brief', 'exit 0'),
    });
    expect(failed.exitCode).toBe(7);
    expect(failed.stderr).toContain(
      'bad did not start: its process ended with exit status 3\n         the disk is made of',
    );
    expect(failed.stderr).toContain('brief did not start: it ended at once, with exit status 0');
    for (const name of Object.keys(good)) expect(failed.stderr).not.toContain(`${name} did not start`);
    expect(await machine.loadedUnits()).toEqual({});
    expect(await machine.unitFiles()).toEqual([]);

    const refused = await machine.deploy({
      ...good,
      needy: sleeper('needy', unitSection('Requires = "nowhere.service";')),
      strict: sleeper('strict', unitSection(`AssertPathExists = "${machine.deployment.directory}/nowhere";`)),
    });
    expect(refused.exitCode).toBe(7);
    expect(refused.stderr).toMatch(/needy did not start: .*Unit nowhere\.service not found/);
    expect(refused.stderr).toContain('strict did not start: Assertion failed');
    expect(await machine.loadedUnits()).toEqual({});

    await machine.mustDeploy(good);
    expect(await machine.states()).toMatchObject({ plain: 'running', after: 'running', slow: 'running' });
    expect(await machine.property('nix-process-once.service', 'InactiveEnterTimestampMonotonic')).not.toBe('0');
    expect(await machine.property('nix-process-idle.service', 'ActiveState')).toBe('inactive');
    expect(await machine.property('nix-processmgmt-processes.target', 'ActiveState')).toBe('active');
    await undeploy();
  });

  test('a deployment moves to another manager and back', async () => {
    const moved = (name: string) => sleeper(name);
    await machine.mustDeploy({ a: moved('a') });
    const [pid = ''] = await machine.pids('a');
    await machine.writeModel({ a: moved('a') });
    const model = `${machine.deployment.directory}/processes.nix`;
    const options = ['--host-packages', `--state-dir=${machine.deployment.stateDir}`, model];
    await machine.deployment.succeed('switch', '-P', 'sysvinit', ...options);
    expect(await machine.unitFiles()).toEqual([]);
    expect(await machine.loadedUnits()).toEqual({});
    expect((await machine.namespace.run('test', '-d', `/proc/${pid}`)).exitCode).not.toBe(0);
    await machine.deployment.succeed('rollback');
    expect(await machine.states()).toEqual({ a: 'running' });
    expect(await machine.property('nix-process-a.service', 'ActiveState')).toBe('active');
    await undeploy();
  });
});
