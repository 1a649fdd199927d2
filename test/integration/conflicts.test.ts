import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { parsePlanDocument } from '../../src/plan/plan-document.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { processesThatMention } from '../support/processes.js';
import { pidsOf, statusOf } from '../support/status.js';

jest.setTimeout(120_000);

const account = accounts.at(-1);

// One story: each test goes on where the one before has ended.
describe('a port that a foreign process has', () => {
  let deployment: Deployment;
  let server: Server;
  const listenAt = async (host: string): Promise<void> => {
    server = createServer().listen(deployment.portOf(15_001), host);
    await once(server, 'listening');
  };
  const close = async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
  const command = (name: string, ...options: readonly string[]) =>
    deployment.tool(name, '-P', 'sysvinit', ...options, ...deployment.modelOptions(), deployment.model);
  const webapps = () =>
    processesThatMention(deployment.directory).filter(({ commandLine }) => commandLine.includes('/bin/webapp'));

  beforeAll(async () => {
    if (account === undefined) throw new Error('there is no account to run as');
    deployment = await createDeployment(account, 'webapps');
    await listenAt('127.0.0.1');
  });
  afterAll(async () => {
    if (server.listening) await close();
    await deployment.dispose();
  });

  test('is found before anything is done, and its holder is named as far as the caller may know it', async () => {
    const { exitCode, stderr } = await command('switch');
    const port = deployment.portOf(15_001);
    // Another user's process cannot be looked into.
    const holder = account?.uid === process.getuid?.() ? `process ${process.pid}` : `uid ${process.getuid?.() ?? 0}`;
    expect({ exitCode, stderr }).toEqual({
      exitCode: 4,
      stderr: expect.stringMatching(new RegExp(`Port ${port}, .*"webapp2".*${holder}[^]*127\\.0\\.0\\.1:${port}`)),
    });
    expect(webapps()).toEqual([]);
    expect(await deployment.tool('status')).toMatchObject({ exitCode: 4 });
  });

  test('is in the plan, which ends with the same exit code', async () => {
    const { exitCode, stdout } = await command('plan', '--json');
    expect(exitCode).toBe(4);
    expect(parsePlanDocument(stdout, 'stdout').conflicts).toMatchObject([
      { severity: 'error', kind: 'port', instances: ['webapp2'] },
    ]);
  });

  test('does not matter to one who knows better', async () => {
    await close();
    // The web application listens at another address.
    await listenAt('127.0.0.2');
    expect(await command('switch')).toMatchObject({ exitCode: 4 });
    const { exitCode, stderr } = await command('switch', '--allow-conflicts');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining('warning: Port') });
    expect((await statusOf(deployment)).get('webapp2')).toMatchObject({ state: 'running' });
  });

  test('says nothing about instances that run and stay', async () => {
    const before = await pidsOf(deployment);
    const { exitCode, stderr } = await deployment.tool(
      'switch',
      ...deployment.modelOptions({ webapp1: 'Changed' }),
      deployment.model,
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.not.stringContaining('warning') });
    expect((await pidsOf(deployment))['webapp2']).toBe(before['webapp2']);
  });

  test('our own processes and their ports are nobody else, also when they move to another manager', async () => {
    await close();
    const { exitCode, stderr } = await deployment.tool(
      ...['switch', '-P', 'supervisord', ...deployment.modelOptions({ webapp1: 'Changed' })],
      deployment.model,
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.not.stringContaining('warning') });
    await deployment.succeed('undeploy');
  });

  test('a PID file that names somebody is a warning that names them', async () => {
    const directory = join(deployment.stateDir, 'tmp');
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'webapp1.pid'), `${process.pid}\n`);
    const { stdout, exitCode } = await command('plan', '--json');
    expect(exitCode).toBe(0);
    expect(parsePlanDocument(stdout, 'stdout').conflicts).toEqual([
      expect.objectContaining({
        severity: 'warning',
        kind: 'pid-file',
        instances: ['webapp1'],
        what: expect.stringContaining(`: ${process.pid} (`),
      }),
    ]);
  });
});
