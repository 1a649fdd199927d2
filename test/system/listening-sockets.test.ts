import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { findPortHolders, parseListeningSockets } from '../../src/system/listening-sockets.js';

const heading = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const line = (local: string, state: string, uid = 1000, inode = 4242): string =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`;

test.each([
  ['0100007F:1F90', '127.0.0.1', 8080],
  ['00000000:0050', '0.0.0.0', 80],
  ['00000000000000000000000000000000:01BB', '::', 443],
  ['00000000000000000000000001000000:1388', '::1', 5000],
  ['B80D01200000000067452301EFCDAB89:1388', '2001:db8::123:4567:89ab:cdef', 5000],
  ['0000000000000000FFFF00000100007F:1388', '127.0.0.1', 5000],
])('%s is %s', (local, address, port) => {
  expect(parseListeningSockets(heading + line(local, '0A'))).toEqual([{ port, address, uid: 1000, inode: '4242' }]);
});

test('connections, and sockets that are about to be closed, are not listening', () => {
  expect(parseListeningSockets(heading + line('0100007F:1F90', '01') + line('0100007F:1F90', '06'))).toEqual([]);
  expect(parseListeningSockets('')).toEqual([]);
});

const withListener = async (host: string, use: (port: number) => Promise<void>): Promise<void> => {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  try {
    await use((server.address() as AddressInfo).port);
  } finally {
    server.close();
    await once(server, 'close');
  }
};

test('the process that listens at a port is found with its command line and its parents', () =>
  withListener('127.0.0.1', async (port) => {
    const [holder, ...others] = await findPortHolders(new Set([port]));
    expect(others).toEqual([]);
    expect(holder).toMatchObject({ port, address: '127.0.0.1', pid: process.pid, uid: process.getuid?.() });
    expect(holder?.command).toContain('jest');
    expect(holder?.ancestors[0]).toBe(process.ppid);
  }));

test('nobody is found at a port where nobody listens', async () => {
  let free = 0;
  await withListener('127.0.0.1', async (port) => {
    free = port;
  });
  expect(await findPortHolders(new Set([free]))).toEqual([]);
  expect(await findPortHolders(new Set())).toEqual([]);
});
