import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readinessCommand } from '../../src/backends/shared/readiness-program.js';
import type { Probe } from '../../src/model/readiness.js';
import { look } from '../../src/readiness/probe.js';
import type { RunResult } from '../../src/system/ports.js';
import { createRun } from '../../src/system/run.js';
import { managedProcess, unitContext } from '../backends/support/render-unit.js';
import { loopbackAddresses } from '../support/loopback-addresses.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

const run = createRun({ PATH: '/usr/bin:/bin' });
const servers: Server[] = [];
let place: TemporaryDirectory;

beforeEach(async () => {
  place = await makeTemporaryDirectory();
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  await place.remove();
});

const listen = async (server: Server, address = '127.0.0.1'): Promise<number> => {
  servers.push(server);
  server.listen(0, address);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};
const pageWith = (status: number): Promise<number> =>
  listen(createHttpServer((_, response) => response.writeHead(status).end()));
/** A port of which it is known that nobody listens there: somebody did. */
const closedPort = async (): Promise<number> => {
  const server = createServer();
  const port = await listen(server);
  servers.pop();
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const commandFor = (probe: Probe, mode: 'look' | 'wait', timeout = 60, shell = '/bin/bash'): readonly string[] => {
  const context = unitContext(managedProcess(), { root: place.path, tools: { shell } });
  const command = readinessCommand({ probe, timeout, interval: 0.05 }, mode, 'tests', context);
  if (command === null) throw new Error('there is no command for that');
  return command;
};

const execute = ([file = '', ...args]: readonly string[], env = {}): Promise<RunResult> => run({ file, args, env });

const port = (number: number): Probe => ({ kind: 'port', host: 'localhost', port: number });
const page = (number: number): Probe => ({ kind: 'http', host: 'localhost', port: number, path: '/a?b=c' });

const cases: readonly (readonly [string, () => Promise<Probe>, boolean])[] = [
  ...loopbackAddresses.map(
    (address) => [`a port of ${address}`, async () => port(await listen(createServer(), address)), true] as const,
  ),
  ['a port where nobody listens', async () => port(await closedPort()), false],
  ['a page', async () => page(await pageWith(200)), true],
  ['a page elsewhere', async () => page(await pageWith(302)), true],
  ['a page that is missing', async () => page(await pageWith(404)), false],
  ['a page that fails', async () => page(await pageWith(503)), false],
  ['a page of nobody', async () => page(await closedPort()), false],
  ['a path', async () => ({ kind: 'path', path: place.path }), true],
  ['a path that is missing', async () => ({ kind: 'path', path: join(place.path, 'a b') }), false],
  ['a command', async () => ({ kind: 'command', command: ['/bin/sh', '-c', 'test "$1" = "a  b"', '', 'a  b'] }), true],
  ['a command that fails', async () => ({ kind: 'command', command: ['/bin/sh', '-c', 'exit 7'] }), false],
  ['a command that is missing', async () => ({ kind: 'command', command: ['/no/such/program'] }), false],
];

test.each(cases)('the program for managers and the tool agree on %s', async (_, makeProbe, isReady) => {
  const probe = await makeProbe();
  expect(await look(probe, 30_000, new AbortController().signal, run)).toEqual(isReady ? null : expect.any(String));
  const { exitCode, stderr } = await execute(commandFor(probe, 'look'));
  expect({ exitCode, isQuiet: stderr === '' }).toEqual({ exitCode: isReady ? 0 : 1, isQuiet: isReady });
});

test('the program waits until the process is ready', async () => {
  const path = join(place.path, 'ready');
  const late = spawn('/bin/sh', ['-c', 'sleep 0.5; : >"$0"', path]);
  const { exitCode, stderr } = await execute(commandFor({ kind: 'path', path }, 'wait'));
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  if (late.exitCode === null) await once(late, 'exit');
});

test('the program says what was missing when the time is over', async () => {
  const path = join(place.path, 'never');
  const { exitCode, stderr } = await execute(commandFor({ kind: 'path', path }, 'wait', 0.5));
  expect({ exitCode, stderr }).toEqual({
    exitCode: 1,
    stderr: `it was not ready within 1 s: there is no ${path}\n`,
  });
});

test('the program does not wait for a command that does not end', async () => {
  const probe: Probe = { kind: 'command', command: ['/bin/sleep', '1000'] };
  const { exitCode, stderr } = await execute(commandFor(probe, 'wait', 1));
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('not ready within 1 s') });
});

test('the program does not wait for a process that has ended', async () => {
  const ended = spawn('/bin/true');
  await once(ended, 'exit');
  const probe: Probe = { kind: 'path', path: join(place.path, 'never') };
  const { exitCode, stderr } = await execute(commandFor(probe, 'wait', 86_000), { AWAITED_PID: String(ended.pid) });
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: 'it ended before it was ready\n' });
});

test('the program finds a bash when the shell of the packages is another one', async () => {
  const number = await listen(createServer());
  expect(await execute(commandFor(port(number), 'look', 60, '/bin/dash'))).toMatchObject({ exitCode: 0, stderr: '' });
});
