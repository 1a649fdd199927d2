import { createServer, type Server } from 'node:net';

/** The fixture models use ports of one block of this size, from a multiple of it. */
export const blockSize = 100;

// Below the ports that Linux gives to outgoing connections, above those that services are known by.
const lowest = 20_000;
const blocks = 100;

/** Of a block, for whoever has reserved it: the fixtures have no port in its middle. */
const reservationOffset = blockSize / 2;

const listen = (port: number): Promise<Server | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(null);
    });
    server.listen(port, '127.0.0.1', () => {
      resolve(server);
    });
  });

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });

const isFree = async (port: number): Promise<boolean> => {
  const server = await listen(port);
  if (server !== null) await close(server);
  return server !== null;
};

/** Ports that no other test uses until they are released. */
export interface PortBlock {
  readonly first: number;
  readonly release: () => Promise<void>;
}

/**
 * Reserves a block in which nobody uses the ports of the fixtures: the first and the last twenty. Tests that run at the
 * same time, also those of another checkout, cannot get the same one, not even before anything listens on its ports: a
 * listener in its middle keeps them away, and ends with this process at the latest.
 */
export const reserveBlock = async (): Promise<PortBlock> => {
  const used = [...Array(20).keys()].flatMap((offset) => [offset, blockSize - 1 - offset]);
  for (let attempt = 0; attempt < blocks; attempt++) {
    const first = lowest + blockSize * Math.floor(Math.random() * blocks);
    const reservation = await listen(first + reservationOffset);
    if (reservation === null) continue;
    reservation.unref();
    const free = await Promise.all(used.map((offset) => isFree(first + offset)));
    if (free.every(Boolean)) return { first, release: () => close(reservation) };
    await close(reservation);
  }
  throw new Error('no free block of ports was found');
};
