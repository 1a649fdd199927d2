import { request } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const isFree = (port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/** A number that, added to each of these ports, gives ports that nobody uses: 0 if possible. */
export const findPortOffset = async (ports) => {
  for (let offset = 0; offset < 10_000; offset += 100) {
    const free = await Promise.all(ports.map((port) => isFree(port + offset)));
    if (free.every(Boolean)) return offset;
  }
  throw new Error(`no free ports were found from ${Math.min(...ports)} on`);
};

const get = (port, host) =>
  new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, headers: { host }, timeout: 5000, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode, body }));
      response.on('error', reject);
    });
    call.on('timeout', () => call.destroy(new Error(`port ${port} did not answer`)));
    call.on('error', reject);
    call.end();
  });

/** The page of a virtual host; waits up to five seconds for a server that has only just been started. */
export const getPage = async (port, host) => {
  for (let attempt = 1; ; attempt++) {
    try {
      const { status, body } = await get(port, host);
      if (status === 200) return body;
      throw new Error(`${host} on port ${port} answered with status ${status}`);
    } catch (error) {
      if (attempt === 50) throw error;
      await sleep(100);
    }
  }
};
