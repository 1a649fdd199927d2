import { createServer } from 'node:net';

/** The fixture models use ports of one block of this size, from a multiple of it. */
export const blockSize = 100;

// Below the ports that Linux gives to outgoing connections, above those that services are known by.
const lowest = 20_000;
const blocks = 100;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });

/** The first port of a block in which nobody uses the ports of the fixtures: the first and the last twenty. */
export const findFreeBlock = async (): Promise<number> => {
  const used = [...Array(20).keys()].flatMap((offset) => [offset, blockSize - 1 - offset]);
  for (let attempt = 0; attempt < blocks; attempt++) {
    const first = lowest + blockSize * Math.floor(Math.random() * blocks);
    const free = await Promise.all(used.map((offset) => isFree(first + offset)));
    if (free.every(Boolean)) return first;
  }
  throw new Error('no free block of ports was found');
};
