import { afterEach, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { supervisorClient } from '../../../src/backends/supervisord/supervisor-client.js';
import { callRpc, decodeResponse, encodeCall, type RpcEndpoint } from '../../../src/backends/supervisord/xml-rpc.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const answering = (status: number, body: string): Promise<RpcEndpoint> =>
  new Promise((resolve) => {
    const server = createServer((_, response) => {
      response.writeHead(status).end(body);
    }).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({ address: { kind: 'inet', host: '127.0.0.1', port }, credentials: null });
    });
    servers.push(server);
  });

const response = (value: string): string =>
  `<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value>${value}</value>\n</param>\n</params>\n</methodResponse>\n`;
const fault = (code: number, text: string): string =>
  `<?xml version='1.0'?><methodResponse><fault><value><struct><member><name>faultCode</name><value><int>${code}</int></value></member><member><name>faultString</name><value><string>${text}</string></value></member></struct></value></fault></methodResponse>`;

test('a call is written with its values, and what means something to XML is escaped', () => {
  expect(encodeCall({ method: 'a.b', params: ['<&>\r', 1, true, ['x'], { k: 'v' }] })).toBe(
    '<?xml version="1.0"?><methodCall><methodName>a.b</methodName><params>' +
      '<param><value><string>&lt;&amp;&gt;&#13;</string></value></param>' +
      '<param><value><int>1</int></value></param>' +
      '<param><value><boolean>1</boolean></value></param>' +
      '<param><value><array><data><value><string>x</string></value></data></array></value></param>' +
      '<param><value><struct><member><name>k</name><value><string>v</string></value></member></struct></value></param>' +
      '</params></methodCall>',
  );
});

const values: readonly (readonly [xml: string, value: unknown])[] = [
  ['<string>it is &lt;this&gt; &amp; that</string>', 'it is <this> & that'],
  ['<string></string>', ''],
  ['<string> 007 </string>', ' 007 '],
  ['untyped', 'untyped'],
  ['', ''],
  ['<string/>', ''],
  ['<string>&#233;&#x1F600; &quot;&apos; &unknown; &amp;lt;</string>', 'é😀 "\' &unknown; &lt;'],
  ['<!-- a remark --><int>7</int>', 7],
  ['<struct><member><name>a &amp; b</name><value>c</value></member></struct>', { 'a & b': 'c' }],
  ['<int>-5</int>', -5],
  ['<i4>5</i4>', 5],
  ['<double>1.5</double>', 1.5],
  ['<boolean>0</boolean>', false],
  ['<array><data>\n</data></array>', []],
  ['<array><data>\n<value><int>1</int></value>\n</data></array>', [1]],
  ['<array><data><value><int>1</int></value><value><string>2</string></value></data></array>', [1, '2']],
  ['<struct>\n</struct>', {}],
  [
    '<struct>\n<member>\n<name>a</name>\n<value><array><data>\n<value><string>b</string></value>\n</data></array></value>\n</member>\n</struct>',
    { a: ['b'] },
  ],
  [
    // Some members are as supervisord writes them, and some are not.
    '<struct>\n<member>\n<name>a</name>\n<value><string>1 > 0</string></value>\n</member>\n<member><name>b</name><value><int>2</int></value></member>\n<member>\n<name>c</name>\n<value><string>&amp;</string></value>\n</member>\n<member>\n<name>d</name>\n<value><int></int></value>\n</member>\n</struct>',
    { a: '1 > 0', b: 2, c: '&', d: 0 },
  ],
  ['<struct><member><name>a</name><value><string></string></value></member></struct>', { a: '' }],
];
for (const [xml, value] of values) {
  test(`${JSON.stringify(xml)} is ${JSON.stringify(value)}`, () => {
    expect(decodeResponse(response(xml))).toEqual(value);
  });
}

test("a fault becomes an error with supervisor's own name for it", async () => {
  const client = supervisorClient(await answering(200, fault(92, 'CANT_REREAD: a &lt;b&gt;')));
  await expect(client.reloadConfig()).rejects.toMatchObject({ fault: 'CANT_REREAD', message: 'CANT_REREAD: a <b>' });
  const unknown = supervisorClient(await answering(200, fault(12345, 'NEW')));
  await expect(unknown.getPid()).rejects.toMatchObject({ fault: 'UNKNOWN', message: 'NEW' });
});

test('in an answer to many calls, each has its own result or fault', async () => {
  const one = '<value><boolean>1</boolean></value>';
  const two =
    '<value><struct><member><name>faultCode</name><value><int>10</int></value></member><member><name>faultString</name><value><string>BAD_NAME: x</string></value></member></struct></value>';
  const client = supervisorClient(await answering(200, response(`<array><data>${one}${two}</data></array>`)));
  const [first, second] = await client.callAll([
    { method: 'a', params: [] },
    { method: 'b', params: [] },
  ]);
  expect(first).toBe(true);
  expect(second).toMatchObject({ fault: 'BAD_NAME', message: 'BAD_NAME: x' });
});

test('no call at all asks nobody', async () => {
  const client = supervisorClient({ address: { kind: 'unix', path: '/nonexistent' }, credentials: null });
  expect(await client.callAll([])).toEqual([]);
});

test('what is no answer of supervisord is told from one', async () => {
  const call = { method: 'a', params: [] };
  const { signal } = new AbortController();
  await expect(callRpc(await answering(401, ''), call, signal)).rejects.toMatchObject({ reason: 'HTTP 401' });
  await expect(callRpc(await answering(200, '<html>hello'), call, signal)).rejects.toMatchObject({
    reason: 'not XML-RPC',
  });
  for (const text of [
    ...['', 'text', '<methodResponse>', '<methodResponse/>', '<methodResponse><params/></methodResponse>'],
    ...[response('<int>1</int>').slice(0, -20), `${response('1')}<more/>`, response('<int>1</int><int>2</int>')],
    ...[response('<array><data>1</array>'), response('<struct><member></member></struct>'), response('<date>1</date>')],
    ...[response('a < b'), response('<value>')],
  ]) {
    await expect(callRpc(await answering(200, text), call, signal)).rejects.toMatchObject({ reason: 'not XML-RPC' });
  }
  const nobody: RpcEndpoint = { address: { kind: 'unix', path: '/nonexistent/socket' }, credentials: null };
  await expect(callRpc(nobody, call, signal)).rejects.toMatchObject({ reason: 'ENOENT' });
});

test('a server that does not answer is given up', async () => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const endpoint: RpcEndpoint = { address: { kind: 'inet', host: '127.0.0.1', port }, credentials: null };
  await expect(supervisorClient(endpoint, { patience: 200 }).getPid()).rejects.toMatchObject({
    exitCode: 8,
    message: 'supervisord did not answer within 0.2 s',
    fix: expect.stringContaining(`supervisorctl -s http://127.0.0.1:${port} pid`),
  });
  server.closeAllConnections();
});
