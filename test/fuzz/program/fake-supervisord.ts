import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import type { Dice } from './dice.js';
import { mutateText, oddWords } from './mutate.js';
import type { World } from './world.js';

const text = (value: string): string => `<value><string>${value}</string></value>`;
const whole = (value: number): string => `<value><int>${value}</int></value>`;
const list = (values: readonly string[]): string => `<value><array><data>${values.join('')}</data></array></value>`;
const struct = (members: Readonly<Record<string, string>>): string =>
  `<value><struct>${Object.entries(members)
    .map(([name, value]) => `<member><name>${name}</name>${value}</member>`)
    .join('')}</struct></value>`;

const processInfo = (name: string, statename: string): string =>
  struct({
    ...{ name: text(name), group: text(name), statename: text(statename), state: whole(20), pid: whole(4242) },
    ...{ start: whole(1_700_000_000), stop: whole(0), spawnerr: text(''), exitstatus: whole(0) },
    description: text('pid 4242, uptime 0:01:00'),
  });

const fault = struct({ faultCode: whole(10), faultString: text('BAD_NAME') });

/** What supervisord says to a call, or could say to another one. */
const valueFor = (method: string, dice: Dice): string => {
  if (dice.chance(0.1)) return text(dice.pick(oddWords.map((word) => word.replace(/[<&]/g, ''))));
  const infos = ['database', 'web'].map((name) =>
    processInfo(name, dice.pick(['RUNNING', 'RUNNING', 'STOPPED', 'FATAL', 'ODD'])),
  );
  switch (method) {
    case 'supervisor.getPID':
      return whole(4242);
    case 'supervisor.getAllProcessInfo':
      return list(infos);
    case 'supervisor.reloadConfig':
      return list([list([list([text('worker')]), list([text('web')]), list([])])]);
    case 'system.multicall':
      return list(dice.chance(0.5) ? infos : [fault, whole(1), text('OK')].slice(dice.int(3)));
    default:
      return '<value><boolean>1</boolean></value>';
  }
};

/** A supervisord at the socket of a deployment, of which not everything that it says can be understood. */
export const startFakeSupervisord = async (world: World, dice: Dice): Promise<() => Promise<void>> => {
  const socket = join(world.directory, 'var', 'run', 'nix-processmgmt-ts', 'processes', 'supervisord.sock');
  mkdirSync(dirname(socket), { recursive: true, mode: 0o700 });
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const [, method = ''] = /<methodName>([^<]*)</.exec(body) ?? [];
      const answer = `<?xml version='1.0'?>\n<methodResponse><params><param>${valueFor(method, dice)}</param></params></methodResponse>\n`;
      switch (dice.int(12)) {
        case 0:
          response.writeHead(dice.pick([401, 404, 500, 503])).end('no');
          return;
        case 1:
          response.destroy();
          return;
        case 2:
          response.writeHead(200, { 'content-length': answer.length + 100 }).write(answer, () => response.destroy());
          return;
        case 3:
        case 4:
          response.end(mutateText(answer, dice));
          return;
        default:
          response.end(answer);
      }
    });
  });
  server.listen(socket);
  await once(server, 'listening');
  return async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
};
