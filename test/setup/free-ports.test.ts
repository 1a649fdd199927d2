import { expect, test } from '@jest/globals';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { blockSize, reserveBlock } from '../support/free-ports.js';

test('a reserved block of ports is kept by a listener until it is released, and nobody gets it twice', async () => {
  const blocks = await Promise.all([...Array(20).keys()].map(() => reserveBlock()));
  const [block] = blocks;
  if (block === undefined) throw new Error('nothing was reserved');
  expect(new Set(blocks.map(({ first }) => first)).size).toBe(20);
  const server = createServer();
  const listen = async (): Promise<void> => {
    server.listen(block.first + blockSize / 2, '127.0.0.1');
    await once(server, 'listening');
  };
  await expect(listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  for (const { release } of blocks) await release();
  await listen();
  server.close();
});
