import { tmpdir } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { surroundingsVersion } from '../../../src/backends/shared/clean-start.js';
import { activitiesOf } from '../../../src/backends/sysvinit/script.js';
import { parseScript } from '../../../src/backends/sysvinit/config.js';
import { sysvinit } from '../../../src/backends/sysvinit/index.js';
import { ModelError } from '../../../src/system/errors.js';
import type { JsonObject } from '../../../src/system/json.js';
import type { RenderedUnit, UnitContext } from '../../../src/backends/backend.js';
import { unitContext, type UnitSurroundings } from '../support/render-unit.js';

/** A context that puts nothing on the disk. */
const contextOf = (args: JsonObject, surroundings: Partial<UnitSurroundings>): UnitContext => ({
  ...unitContext(
    {
      kind: 'direct',
      name: args['name'] as UnitContext['instance']['name'],
      manager: sysvinit.name,
      arguments: args,
    },
    { root: tmpdir(), directories: { runtimeDir: '/run', logDir: '/var/log', tmpDir: '/tmp' }, ...surroundings },
  ),
  storeText: (name) => `/store/${name}`,
});

const render = (args: JsonObject, surroundings: Partial<UnitSurroundings> = {}): RenderedUnit => {
  const all = { name: 'web', process: '/store/bin/web', ...args };
  return sysvinit.render(all, contextOf(all, surroundings), new Map());
};

const textOf = ({ files: [script] }: RenderedUnit): string => (script?.kind === 'file' ? script.text : '');
const linksOf = ({ files }: RenderedUnit): readonly string[] =>
  files.flatMap((file) => (file.kind === 'link' ? [`${file.path.replace('etc/rc.d/', '')} -> ${file.target}`] : []));

describe('the script', () => {
  test('is an executable of the shell of the model, with an LSB header', () => {
    const unit = render(
      { description: 'Web\nserver # "1"', runlevels: [3, '5'] },
      { dependencies: ['database', 'cache'], tools: { shell: '/store/bash/bin/bash' } },
    );
    expect(unit.files[0]).toMatchObject({ kind: 'file', path: 'etc/rc.d/init.d/web', executable: true });
    expect(textOf(unit).split('\n').slice(0, 12)).toEqual([
      '#!/store/bash/bin/bash',
      '### BEGIN INIT INFO',
      '# Provides:          web',
      '# Required-Start:    database cache',
      '# Required-Stop:     database cache',
      '# Should-Start:      $local_fs $remote_fs $network',
      '# Should-Stop:       $local_fs $remote_fs $network',
      '# Default-Start:     3 5',
      '# Default-Stop:      0 1 2 4 6',
      '# Short-Description: Web server # "1"',
      '### END INIT INFO',
      '',
    ]);
  });

  test('cannot have daemon write a PID file that daemon refuses, while a daemon writes any', () => {
    const pidFile = '/home/me/my state/web.pid';
    expect(() => render({ pidFile, processIsDaemon: false })).toThrow(/PID file of process "web" cannot be .*my state/);
    expect(textOf(render({ pidFile }))).toContain("'/home/me/my state/web.pid'");
  });

  test('is the same text for the same arguments in another order', () => {
    const a = render({ environment: { A: '1', B: '2' }, activities: { x: 'x', y: 'y' } });
    const b = render({ activities: { y: 'y', x: 'x' }, environment: { B: '2', A: '1' } });
    expect(textOf(b)).toBe(textOf(a));
  });

  const names = (args: JsonObject): readonly string[] => {
    const all = { name: 'web', process: '/store/bin/web', ...args };
    const context = contextOf(all, {});
    return activitiesOf(parseScript(all, context.instance), {
      functions: '/store/functions',
      tools: context.instance.tools,
      dependencies: [],
      awaitReady: null,
      cleanStart: [],
    }).map(({ name }) => name);
  };
  const usual = ['start', 'stop', 'reload', 'restart', 'status', 'try-restart', 'force-reload'];

  test.each([
    ['by default', {}, [...usual, '*']],
    [
      "with the user's own, by name",
      { activities: { test: '', backup: '', '*': '' } },
      [...usual, 'backup', 'test', '*'],
    ],
    [
      'without those that are removed',
      { removeActivities: ['reload', 'try-restart'] },
      ['start', 'stop', 'restart', 'status', 'force-reload', '*'],
    ],
    ['without combinations of what is removed', { removeActivities: ['stop', 'reload'] }, ['start', 'status', '*']],
    ['of a script without a process', { process: null }, ['status', '*']],
    [
      'of a script of instructions',
      { process: null, instructions: { start: { activity: 'Making', instruction: 'x' } } },
      ['start', 'status', '*'],
    ],
  ])('has its activities in order: %s', (_, args, expected) => {
    expect(names(args)).toEqual(expected);
  });
});

describe('runlevels', () => {
  test.each([
    ['2 3 4 5 without any', {}, '2 3 4 5', '0 1 6'],
    ['none in the list is none at all', { runlevels: [] }, '2 3 4 5', '0 1 6'],
    ['those given', { runlevels: [5, 3] }, '3 5', '0 1 2 4 6'],
    ['for start and stop apart', { defaultStart: [4], defaultStop: [1] }, '4', '1'],
    ['of another range', { runlevels: [3], outer: { supportedRunlevels: [2, 3, 4] } }, '3', '2 4'],
    ['by default of another range', { outer: { supportedRunlevels: [1, 2, 3] } }, '2 3', '1'],
  ])('%s', (_, args, start, stop) => {
    const unit = render(args);
    expect(unit.activation).toMatchObject({ runlevels: start.split(' '), stopRunlevels: stop.split(' ') });
    expect(linksOf(unit)).toEqual([
      ...start.split(' ').map((level) => `rc${level}.d/S00web -> ../init.d/web`),
      ...stop.split(' ').map((level) => `rc${level}.d/K99web -> ../init.d/web`),
    ]);
  });

  const sequences = (level: number, maxLevel: number, outer: JsonObject = {}): readonly string[] => {
    const links = linksOf(
      render({ runlevels: [3], outer: { supportedRunlevels: [2, 3], ...outer } }, { level, maxLevel }),
    );
    return links.map((link) => /[SK]\d+/.exec(link)?.[0] ?? '');
  };

  test.each([
    [0, 2, {}, ['S00', 'K99']],
    [2, 2, {}, ['S02', 'K97']],
    [1, 2, { minSequence: 20, maxSequence: 80 }, ['S21', 'K79']],
    [99, 99, {}, ['S99', 'K00']],
    [7, 120, {}, ['S007', 'K113']],
    [120, 120, {}, ['S120', 'K000']],
    [5, 30, { minSequence: 80 }, ['S085', 'K105']],
  ])('level %d of %d is started and stopped in its turn (%j)', (level, maxLevel, outer, expected) => {
    expect(sequences(level, maxLevel, outer)).toEqual(expected);
  });

  test('sort by name as they depend on each other, however many levels there are', () => {
    for (const maxLevel of [1, 99, 100, 1200]) {
      const all = Array.from({ length: maxLevel + 1 }, (_, level) => sequences(level, maxLevel));
      const starts = all.map(([start = '']) => start);
      const stops = all.map(([, stop = '']) => stop);
      expect([...starts].sort()).toEqual(starts);
      expect([...stops].sort().reverse()).toEqual(stops);
    }
  });
});

describe('files', () => {
  test.each([
    ['of a daemon', {}, { pidFile: '/run/web.pid', logFile: '/var/log/nixproc-web.log', wrapped: false }],
    ['of an instance', { instanceName: 'web1' }, { pidFile: '/run/web1.pid', logFile: '/var/log/nixproc-web1.log' }],
    ['of a foreground process', { processIsDaemon: false }, { logFile: '/var/log/nixproc-web.log', wrapped: true }],
    ['of a daemon with a user', { user: 'web' }, { pidFile: '/tmp/web.pid', logFile: '/var/log/nixproc-web.log' }],
    [
      'of a foreground process with a user',
      { user: 'web', processIsDaemon: false },
      { pidFile: '/tmp/web.pid', logFile: '/tmp/nixproc-web.log' },
    ],
    ['that are given', { pidFile: '/srv/pid' }, { pidFile: '/srv/pid' }],
    ['without a log', { enableDaemonOutputLogging: false }, { logFile: null }],
    ['without a process', { process: null }, { pidFile: null, logFile: null }],
  ])('%s', (_, args, expected) => {
    expect(render(args).activation).toMatchObject(expected);
  });

  test('are those of no user when user changes are disabled, but for the PID file, whose path a program knows', () => {
    const { activation } = render({ user: 'web', processIsDaemon: false }, { forceDisableUserChange: true });
    expect(activation).toMatchObject({ pidFile: '/tmp/web.pid', logFile: '/var/log/nixproc-web.log' });
  });
});

describe('properties', () => {
  test('name what a running process was started with, in the words of the create function', () => {
    expect(
      render({
        args: ['-p', 80],
        environment: { PORT: 80, DEBUG: true, EMPTY: null },
        path: ['/store/php', null],
        user: 'web',
        umask: 77,
        nice: '5',
        directory: '/srv',
        initialize: 'mkdir /srv',
      }).properties,
    ).toEqual({
      process: '/store/bin/web',
      processIsDaemon: true,
      surroundings: surroundingsVersion,
      args: ['-p', '80'],
      environment: { PORT: '80', DEBUG: '1', EMPTY: '' },
      path: ['/store/php/bin', '/usr/bin'],
      user: 'web',
      umask: '77',
      nice: 5,
      directory: '/srv',
      initialize: 'mkdir /srv',
      instructions: {},
      activities: {},
      pidFile: '/tmp/web.pid',
      logFile: '/var/log/nixproc-web.log',
    });
  });

  test.each([
    ['the description', { description: 'Another' }, {}],
    ['runlevels', { runlevels: [2] }, {}],
    ['the level', {}, { level: 3, maxLevel: 7 }],
    ['dependencies', {}, { dependencies: ['other'] }],
    ['the signal for a reload', { reloadSignal: '-USR1' }, {}],
    ['the shell of the script', {}, { tools: { shell: '/store/other/bin/sh' } }],
    ['the program that changes users', { user: null }, { tools: { setpriv: '/store/other/bin/setpriv' } }],
  ])('do not change with %s', (_, args, surroundings) => {
    expect(render(args, surroundings).properties).toEqual(render({}).properties);
  });

  test.each([
    [{ args: ['x'] }],
    [{ environment: { A: '1' } }],
    [{ initialize: 'true' }],
    [{ umask: '077' }],
    [{ user: 'web' }],
    [{ activities: { status: 'true' } }],
    [{ instructions: { start: { activity: 'Starting', instruction: 'true' } } }],
    [{ globalInstructions: 'true' }],
    [{ processIsDaemon: false }],
    [{ pidFile: '/x' }],
  ])('change with %j', (args) => {
    expect(render(args).properties).not.toEqual(render({}).properties);
  });
});

describe('an argument that cannot be', () => {
  test.each([
    ['name', { name: 'a b' }, '"a b": It contains " "'],
    ['nice', { nice: 'low' }, 'expected an integer'],
    ['umask', { umask: '8' }, 'expected octal digits, or what umask(1) takes'],
    ['args', { args: 'x' }, 'expected a list'],
    ['args.1', { args: ['x', {}] }, 'expected a text'],
    ['environment', { environment: ['A=1'] }, 'expected an attribute set'],
    ['environment.A', { environment: { A: { B: 'c' } } }, 'expected a text'],
    ['environment.A=B', { environment: { 'A=B': 'c' } }, 'expected a name without "="'],
    ['processIsDaemon', { processIsDaemon: 'yes' }, 'expected true or false'],
    ['pidFile', { pidFile: 'web.pid' }, 'expected an absolute path'],
    ['directory', { directory: 'srv' }, 'expected an absolute path'],
    ['runlevels.0', { runlevels: ['x'] }, 'expected a runlevel (0 to 9, or S)'],
    ['runlevels', { runlevels: [7] }, 'Runlevel 7 is none of: 0 1 2 3 4 5 6'],
    ['reloadSignal', { reloadSignal: '; rm' }, 'expected a signal'],
    ['instructions.start.instruction', { instructions: { start: { activity: 'x' } } }, ''],
    ['restart', { restart: 'always' }, 'createSystemVInitScript has no such argument'],
  ])('is named: %s', (property, args, why) => {
    const attempt = (): RenderedUnit => render(args);
    expect(attempt).toThrow(ModelError);
    try {
      attempt();
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      expect(error.message).toBe(
        `Process instance "${'name' in args ? args.name : 'web'}" has an argument that sysvinit cannot take: ${property}`,
      );
      expect(error.why).toContain(why);
    }
  });
});

describe('a name', () => {
  test.each(['web', 'web-1', 'getty@tty1', 'a.b_c+d', '0', 'x'.repeat(200)])('%s is fine', (name) => {
    expect(sysvinit.nameProblem(name as never)).toBeNull();
  });
  test.each(['', '.', '..', '.web', '-web', 'a/b', 'a b', 'a\nb', 'ä', 'a,b', '$x', 'x'.repeat(201)])(
    '%j is refused',
    (name) => {
      expect(sysvinit.nameProblem(name as never)).toEqual(expect.any(String));
    },
  );
});
