import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ProfileFile, RenderedUnit } from '../../../src/backends/backend.js';
import { s6rc } from '../../../src/backends/s6-rc/index.js';
import type { ManagedProcess, ProcessName } from '../../../src/model/process-model.js';
import type { JsonObject } from '../../../src/system/json.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { managedProcess, unitContext, type UnitSurroundings } from '../support/render-unit.js';
import { tools } from './support/tree.js';

let place: TemporaryDirectory;
beforeEach(async () => {
  place = await makeTemporaryDirectory();
});
afterEach(() => place.remove());

type Arguments = JsonObject & { readonly name: string };

const contextOf = (name: string, surroundings: Partial<UnitSurroundings> = {}) =>
  unitContext(
    { kind: 'direct', name: name as ProcessName, manager: s6rc.name, arguments: {} },
    { root: place.path, tools, directories: { logDir: '/log', runtimeDir: '/run' }, ...surroundings },
  );
const render = (args: Arguments, surroundings: Partial<UnitSurroundings> = {}): RenderedUnit =>
  s6rc.render(args, contextOf(args.name, surroundings));

/** Paths below etc/s6/sv with what is there: a text, or the target of a link. */
const filesOf = (files: readonly ProfileFile[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    files.map((file) => [
      file.path.replace(/^etc\/s6\/sv\//, ''),
      file.kind === 'link' ? `-> ${file.target}` : `${file.executable ? '+x ' : ''}${file.text}`,
    ]),
  );

const script = '#!/bin/sh\nexec sleep 1\n';

test('createLongRunService: every argument is in its definition', () => {
  const { files } = render({
    name: 'a',
    flagEssential: true,
    run: script,
    finish: '/nix/store/finish',
    dependencies: ['c', 'b'],
    notificationFd: 4,
    timeoutKill: 1000,
    timeoutFinish: 2000,
    timeoutUp: 3000,
    timeoutDown: 4000,
    nosetsid: true,
    maxDeathTally: 10,
    downSignal: 'SIGINT',
    data: '/nix/store/data',
    env: '/nix/store/env',
    producerFor: 'z',
    consumerFor: ['y', 'x'],
    autoGenerateLogService: false,
  });
  expect(filesOf(files)).toEqual({
    'a/type': 'longrun\n',
    'a/run': `+x ${script}`,
    'a/finish': '-> /nix/store/finish',
    'a/data': '-> /nix/store/data',
    'a/env': '-> /nix/store/env',
    'a/notification-fd': '4\n',
    'a/timeout-kill': '1000\n',
    'a/timeout-finish': '2000\n',
    'a/timeout-up': '3000\n',
    'a/timeout-down': '4000\n',
    'a/max-death-tally': '10\n',
    'a/down-signal': 'SIGINT\n',
    'a/producer-for': 'z\n',
    'a/consumer-for': 'y\nx\n',
    'a/flag-essential': '',
    'a/nosetsid': '',
    'a/dependencies.d/b': '',
    'a/dependencies.d/c': '',
  });
});

test('createLongRunService: with a log service it is NAME-srv and NAME-log in a bundle NAME', () => {
  const { files } = render({ name: 'a', run: script }, { dependencies: ['b'] });
  const { 'a-log/run': logger, ...others } = filesOf(files);
  expect(others).toEqual({
    'a-srv/type': 'longrun\n',
    'a-srv/run': `+x ${script}`,
    'a-srv/producer-for': 'a-log\n',
    'a-srv/dependencies.d/b': '',
    'a-log/type': 'longrun\n',
    'a-log/consumer-for': 'a-srv\n',
    'a-log/pipeline-name': 'a\n',
    'a-log/notification-fd': '3\n',
  });
  expect(logger?.split('\n').slice(2)).toEqual([
    '/usr/lib/execline/bin/execline-cd /',
    'if { mkdir -p /log/s6-log/a }',
    's6-log -d 3 -- n20 s1000000 /log/s6-log/a',
    '',
  ]);
});

test('createLongRunService: the log can go elsewhere, and be written by a user', () => {
  const logSettings = { logDir: '/other log', user: 's6-log', group: 'adm' };
  const logger = (forceDisableUserChange: boolean): string =>
    filesOf(render({ name: 'a', run: script, logSettings }, { forceDisableUserChange }).files)['a-log/run'] ?? '';
  expect(logger(false).split('\n').slice(3)).toEqual([
    'if { mkdir -p "/other log/s6-log/a" }',
    'if { chown -R s6-log:adm "/other log/s6-log/a" }',
    's6-setuidgid s6-log',
    's6-log -d 3 -- n20 s1000000 "/other log/s6-log/a"',
    '',
  ]);
  expect(logger(true)).not.toContain('s6-log:adm');
  expect(logger(true)).not.toContain('s6-setuidgid');
});

test('createLongRunService: the last consumer of a pipeline may name it', () => {
  const files = filesOf(
    render({ name: 'z', run: script, consumerFor: 'a', pipelineName: 'all', autoGenerateLogService: false }).files,
  );
  expect(files).toMatchObject({ 'z/consumer-for': 'a\n', 'z/pipeline-name': 'all\n' });
});

test('createLogServiceForLongRunService: the logger alone', () => {
  const { files } = render({
    name: 'a-log',
    logServiceFor: 'a',
    logSettings: { logDir: '/log', user: null, group: null },
  });
  expect(Object.keys(filesOf(files)).sort()).toEqual([
    'a-log/consumer-for',
    'a-log/notification-fd',
    'a-log/pipeline-name',
    'a-log/run',
    'a-log/type',
  ]);
});

test('createOneShotService: every argument is in its definition', () => {
  const { files } = render({
    name: 'a',
    flagEssential: true,
    up: 'echo "up and away"',
    down: '/nix/store/down',
    dependencies: ['b'],
    timeoutUp: 1,
    timeoutDown: 2,
  });
  expect(filesOf(files)).toEqual({
    'a/type': 'oneshot\n',
    'a/up': 'echo "up and away"',
    'a/down': '-> /nix/store/down',
    'a/timeout-up': '1\n',
    'a/timeout-down': '2\n',
    'a/flag-essential': '',
    'a/dependencies.d/b': '',
  });
});

test('createServiceBundle: its contents, also when there are none', () => {
  expect(filesOf(render({ name: 'c', contents: ['b', 'a'], flagEssential: true }).files)).toEqual({
    'c/type': 'bundle\n',
    'c/contents.d/a': '',
    'c/contents.d/b': '',
    'c/flag-essential': '',
  });
  expect(filesOf(render({ name: 'c', contents: [] }).files)).toEqual({ 'c/type': 'bundle\n', 'c/contents': '' });
});

test('credentials come along, and none but home directories without user changes', () => {
  const credentials = { groups: { a: {} }, users: { a: { group: 'a' }, b: { createHomeDir: true, homeDir: '/b' } } };
  const users = (surroundings: Partial<UnitSurroundings>): readonly string[] =>
    render({ name: 'a', run: script, credentials }, surroundings).credentials.users.map(({ name }) => name);
  expect(users({})).toEqual(['a', 'b']);
  expect(users({ forceDisableUserChange: true })).toEqual(['b']);
});

const refused: readonly (readonly [JsonObject, string])[] = [
  [{ run: 'sleep 1000' }, 'run'],
  [{ run: script, finish: 'true' }, 'finish'],
  [{ run: script, notificationFd: 2 }, 'notificationFd'],
  [{ run: script, timeoutKill: -1 }, 'timeoutKill'],
  [{ run: script, timeoutFinish: '5s' }, 'timeoutFinish'],
  [{ run: script, maxDeathTally: 5000 }, 'maxDeathTally'],
  [{ run: script, downSignal: 'SIGNOTHING' }, 'downSignal'],
  [{ run: script, nosetsid: 'yes' }, 'nosetsid'],
  [{ run: script, flagEssential: 1 }, 'flagEssential'],
  [{ run: script, data: 'relative' }, 'data'],
  [{ run: script, dependencies: ['a/b'] }, 'dependencies.0'],
  [{ run: script, producerFor: 'z', autoGenerateLogService: true }, 'producerFor'],
  [{ run: script, pipelineName: 'p' }, 'pipelineName'],
  [{ run: script, up: 'true' }, 'up'],
  [{ run: script, nonsense: 1 }, 'nonsense'],
  [{ up: 'true', run: null, finish: script }, 'finish'],
  [{ contents: 'a' }, 'contents'],
];

test.each(refused)('%j is refused with the name of the argument: %s', (args, property) => {
  expect(() => render({ name: 'a', ...args })).toThrow(
    `Process instance "a" has an argument that s6-rc cannot take: ${property}`,
  );
});

test('arguments that say nothing of what to do are refused', () => {
  expect(() => render({ name: 'a' })).toThrow('says nothing of what s6-rc is to do');
});

const names: readonly (readonly [string, string | null])[] = [
  ['web-app_1.x@y+z', null],
  ['s6rc-oneshot-runner', 'reserved'],
  ['s6-rc-x', 'reserved'],
  ['default', 'all services'],
  ['.a', 'dot'],
  ['a b', 'letters'],
  ['a/b', 'letters'],
  ['ü', 'letters'],
  ['', 'empty'],
  ['a'.repeat(201), 'longer'],
];

test.each(names)('the name %j is fine (null) or refused because of: %s', (name, problem) => {
  const said = s6rc.nameProblem(name as ProcessName);
  if (problem === null) expect(said).toBeNull();
  else expect(said).toContain(problem);
});

const managed = (properties: Partial<ManagedProcess>, args: JsonObject = {}): RenderedUnit => {
  const process = managedProcess({ ...properties, name: 'a' as ProcessName });
  const context = unitContext(process, {
    root: place.path,
    tools,
    directories: { logDir: '/log', runtimeDir: '/run' },
  });
  return s6rc.render({ ...s6rc.translate(process, context).arguments, ...args }, context);
};

test('what a process is judged by are its own properties, unless an override replaces its script', () => {
  const foreground = { executable: '/bin/sleep', args: ['1'] };
  expect(managed({ foreground, environment: { A: 'b' }, umask: '022' }).properties).toMatchObject({
    process: '/bin/sleep',
    args: ['1'],
    environment: { A: 'b' },
    umask: '022',
    'timeout-kill': '10000',
  });
  const overridden = managed({ foreground, environment: { A: 'b' } }, { run: script }).properties;
  expect(overridden).toMatchObject({ run: script });
  expect(overridden).not.toHaveProperty('environment');
});

test('a process that is only a daemon is a oneshot, and says where its PID is', () => {
  const { files, activation } = managed({ daemon: { executable: '/bin/daemon', args: ['-x'] }, pidFile: '/run/a.pid' });
  const { 'a/type': type, 'a/up': up, 'a/down': down } = filesOf(files);
  expect(type).toBe('oneshot\n');
  expect(up).toMatch(/^\/bin\/dash \S+-a-daemon start\n$/);
  expect(down).toMatch(/^\/bin\/dash \S+-a-daemon stop\n$/);
  expect(activation).toMatchObject({ daemon: { pidFile: '/run/a.pid', recordFile: '/run/nixproc-s6-rc/a' } });
});

test('the name of a variable that no process can have is refused', () => {
  const foreground = { executable: '/bin/sleep', args: [] };
  expect(() => managed({ foreground, environment: { 'A=B': '' } })).toThrow('a variable named "A=B"');
});

const profile = (...all: readonly (Arguments & { readonly dependsOn?: readonly string[] })[]) =>
  s6rc.profileFiles({
    units: all.map(({ dependsOn = [], ...args }) => {
      const context = contextOf(args.name, { dependencies: dependsOn });
      return { context, rendered: s6rc.render(args, context) };
    }),
  });

test('a profile has a bundle "default" of all its processes', () => {
  expect(filesOf(profile({ name: 'b', run: script }, { name: 'a', up: 'true' }))).toEqual({
    'default/type': 'bundle\n',
    'default/contents.d/a': '',
    'default/contents.d/b': '',
  });
});

test('a reference to a service that there is not is refused before anything is built', () => {
  expect(() => profile({ name: 'a', run: script, dependencies: ['nobody'] })).toThrow(
    'Process instance "a" refers to a service "nobody" that there is not',
  );
  expect(() => profile({ name: 'a', run: script, dependencies: ['b-log'] }, { name: 'b', run: script })).not.toThrow();
});
