import { request } from 'node:http';

export interface Page {
  readonly status: number;
  readonly body: string;
}

/** Asks a server of this machine for its front page, by the host name of a virtual host if need be. */
export const getPage = (port: number, host = 'localhost'): Promise<Page> =>
  new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, headers: { host }, timeout: 5_000, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body });
      });
    });
    call.on('timeout', () => call.destroy(new Error(`port ${port} did not answer within 5 s`)));
    call.on('error', reject);
    call.end();
  });
