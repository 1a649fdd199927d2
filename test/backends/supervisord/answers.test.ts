import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { supervisorClient, type SupervisorClient } from '../../../src/backends/supervisord/supervisor-client.js';
import { RpcTransportError } from '../../../src/backends/supervisord/xml-rpc.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';

let directory: TemporaryDirectory;
let server: Server;
let client: SupervisorClient;
let value = '';
beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  const path = join(directory.path, 'socket');
  server = createServer((_request, response) => {
    response.end(`<?xml version='1.0'?><methodResponse><params><param>${value}</param></params></methodResponse>`);
  }).listen(path);
  await once(server, 'listening');
  client = supervisorClient({ address: { kind: 'unix', path }, credentials: null });
});
afterAll(async () => {
  server.close();
  await directory.remove();
});

const state = (name: string): string =>
  `<value><array><data><value><struct><member><name>statename</name><value><string>${name}</string></value></member></struct></value></data></array></value>`;
const odd = '<value><string>no</string></value>';
const emptyList = '<value><array><data></data></array></value>';

test.each([
  ['a text in the place of a PID', odd, () => client.getPid()],
  ['a state that supervisord does not have', state('ODD'), () => client.getAllProcesses()],
  ['a text in the place of a list', odd, () => client.reloadConfig()],
  [
    'fewer answers than there were calls',
    emptyList,
    () => client.callAll([{ method: 'supervisor.getPID', params: [] }]),
  ],
])('%s is no answer, rather than a bug', async (_name, answer, ask) => {
  value = answer;
  await expect(ask()).rejects.toBeInstanceOf(RpcTransportError);
});
