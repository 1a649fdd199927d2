import { access } from 'node:fs/promises';
import { afterEach, expect, test } from '@jest/globals';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { awaitReady } from '../../src/readiness/await-ready.js';
import { look } from '../../src/readiness/probe.js';
import { createRun } from '../../src/system/run.js';
import { loopbackAddresses } from '../support/loopback-addresses.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/waiting.js';

const run = createRun({ PATH: '/usr/bin:/bin' });
const servers: Server[] = [];

const listen = async (server: Server, address: string): Promise<number> => {
  servers.push(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, resolve);
  });
  return (server.address() as AddressInfo).port;
};

const serve = (listener: RequestListener): Promise<number> => listen(createHttpServer(listener), '127.0.0.1');

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

const never = new AbortController().signal;

const port = (number: number) => ({ kind: 'port', host: 'localhost', port: number }) as const;
const page = (number: number, path = '/') => ({ kind: 'http', host: 'localhost', port: number, path }) as const;

test.each(loopbackAddresses)('a port is ready when something listens on %s', async (address) => {
  const number = await listen(createServer(), address);
  expect(await look(port(number), 5000, never, run)).toBeNull();
});

test('a port on which nobody listens says so', async () => {
  const number = await listen(createServer(), '127.0.0.1');
  await new Promise((resolve) => servers.splice(0)[0]?.close(resolve));
  expect(await look(port(number), 5000, never, run)).toBe(
    `nothing accepts connections on port ${number} of localhost (ECONNREFUSED)`,
  );
});

test.each([200, 204, 302, 399])('a page with status %d is ready', async (status) => {
  const number = await serve((_, response) => response.writeHead(status).end());
  expect(await look(page(number), 5000, never, run)).toBeNull();
});

test.each([400, 404, 503])('a page with status %d is not ready, and says so', async (status) => {
  const number = await serve((_, response) => response.writeHead(status).end());
  expect(await look(page(number, '/x'), 5000, never, run)).toBe(
    `http://localhost:${number}/x: answered with status ${status}`,
  );
});

test('a server that accepts but does not answer is not ready', async () => {
  const connections: (() => void)[] = [];
  const number = await listen(
    createServer((socket) => {
      connections.push(() => socket.destroy());
    }),
    '127.0.0.1',
  );
  expect(await look(page(number), 300, never, run)).toContain('no answer');
  for (const close of connections) close();
});

test('a path is ready when it is there', async () => {
  expect(await look({ kind: 'path', path: '/proc/self/status' }, 5000, never, run)).toBeNull();
  expect(await look({ kind: 'path', path: '/no/such/thing' }, 5000, never, run)).toBe('there is no /no/such/thing');
});

const command = (...words: readonly string[]) => ({ kind: 'command', command: words }) as const;

test('a command is ready when it ends with exit code 0', async () => {
  expect(await look(command('/bin/sh', '-c', 'exit 0'), 30_000, never, run)).toBeNull();
  expect(await look(command('/bin/sh', '-c', 'echo first; echo not yet >&2; exit 3'), 30_000, never, run)).toBe(
    'its command ended with exit code 3: not yet',
  );
});

test('a command that does not end, and one that does not exist, are not ready', async () => {
  expect(await look(command('/bin/sleep', '1000'), 300, never, run)).toBe('its command takes too long');
  expect(await look(command('/no/such/program'), 30_000, never, run)).toContain('/no/such/program');
});

test('waiting ends as soon as the process is ready', async () => {
  let asked = 0;
  const number = await serve((_, response) => {
    asked += 1;
    response.writeHead(asked < 4 ? 503 : 200).end();
  });
  const readiness = { probe: page(number), timeout: 60, interval: 0.01 };
  expect(await awaitReady(readiness, performance.now(), run, never)).toBeNull();
  expect(asked).toBe(4);
});

test('waiting ends when the time is over, and says what was missing', async () => {
  const readiness = { probe: { kind: 'path', path: '/no/such/thing' } as const, timeout: 0.2, interval: 0.05 };
  expect(await awaitReady(readiness, performance.now(), run, never)).toBe(
    'it was not ready within 0.2 s: there is no /no/such/thing',
  );
});

test('waiting ends when somebody asks for it', async () => {
  const controller = new AbortController();
  const readiness = { probe: { kind: 'path', path: '/no/such/thing' } as const, timeout: 86_400, interval: 3600 };
  const waiting = awaitReady(readiness, performance.now(), run, controller.signal);
  controller.abort();
  expect(await waiting).toBeNull();
});

test('a look at a page that is not answered ends when somebody asks for it', async () => {
  const controller = new AbortController();
  const number = await listen(
    createServer((socket) => {
      socket.on('error', () => undefined);
      controller.abort();
    }),
    '127.0.0.1',
  );
  const readiness = { probe: page(number), timeout: 86_400, interval: 3600 };
  expect(await awaitReady(readiness, performance.now(), run, controller.signal)).toBeNull();
});

test('a command that looks is ended, with what it has started, when somebody asks for it', async () => {
  const { path, remove } = await makeTemporaryDirectory();
  const controller = new AbortController();
  // What it has started keeps the output open that whoever runs the command waits for.
  const probe = command('/bin/sh', '-c', `sleep 1000 & : >${path}/begun; wait`);
  const readiness = { probe, timeout: 86_400, interval: 3600 };
  const waiting = awaitReady(
    readiness,
    performance.now(),
    (request) => run({ ...request, ignoresTerminal: true }),
    controller.signal,
  );
  await eventually(() => access(join(path, 'begun')).then(() => true));
  controller.abort();
  expect(await waiting).toBeNull();
  await remove();
});
