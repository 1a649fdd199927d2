import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeFreeBSD } from '../backends/bsdrc/support/freebsd.js';
import * as z from '../../src/system/schema.js';
import { accounts, type Account } from '../support/accounts.js';
import { modelParameters } from '../support/deployment.js';
import { reserveBlock, type PortBlock } from '../support/free-ports.js';
import { getPage } from '../support/http.js';
import { runAsShown, switchAsPlanned } from '../support/plans.js';
import { repository } from '../support/repository.js';
import { canThrowAway, startThrowAwayMachine, type ThrowAwayMachine } from '../support/throw-away-root.js';
import { eventually } from '../support/waiting.js';

const describeOnCopies = canThrowAway ? describe : describe.skip;

const makeMachine = `cd /; ${makeFreeBSD()}
mkdir -p /srv/nobody && chown 65534:65534 /srv/nobody
cp -r ${repository}/bin ${repository}/dist ${repository}/nix ${repository}/fixtures ${repository}/package.json /srv
cp ${process.execPath} /srv/node
chmod -R a+rX /srv
`;

const statusRows = z.array(z.object({ instance: z.string(), state: z.string(), pid: z.nullable(z.number()) }));

// PIDs are the copy's own.
describeOnCopies.each(accounts)('rc.d scripts as $name', (account: Account) => {
  const isRoot = account.uid === 0;
  let machine: ThrowAwayMachine;
  let ports: PortBlock;
  const shell = async (script: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await machine.run('sh', '-euc', script);
    if (exitCode !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout.trim();
  };
  const ownStore = ['STORE_DIR=/srv/nobody/nix/store', 'STATE_DIR=/srv/nobody/nix/var', 'LOG_DIR=/srv/nobody/nix/log'];
  const environment = isRoot
    ? []
    : [
        ...['HOME=/srv/nobody', 'NIX_REMOTE=local', 'NIX_USER_PROFILE_DIR=/srv/nobody/profiles', 'NIXPROC_SETTLE=0'],
        ...ownStore.map((variable) => `NIX_${variable}`),
      ];
  const run = (file: string, ...args: readonly string[]) =>
    machine.run('env', ...environment, ...account.prefix, file, ...args);
  const tool = (...args: readonly string[]) => run('/srv/node', '/srv/bin/nix-processmgmt-ts', ...args);
  const succeed = async (...args: readonly string[]) => {
    const result = await runAsShown(tool, ...args);
    if (result.exitCode !== 0) throw new Error(`${args.join(' ')}: ${result.stdout}${result.stderr}`);
    return result;
  };
  const state = isRoot ? [] : ['--state-dir=/srv/nobody/state', '--force-disable-user-change'];
  const deploy = (messages: Readonly<Record<string, string>> = {}, ...options: readonly string[]) =>
    switchAsPlanned(
      { succeed },
      ...['-P', 'bsdrc', '--offline', '--host-packages', ...state, ...options],
      `--extra-params=${modelParameters(ports.first - 15_000, messages)}`,
      '/srv/fixtures/webapps/processes.nix',
    );
  const pids = async (): Promise<Readonly<Record<string, number | null>>> => {
    const rows = statusRows.parse(JSON.parse((await tool('status', '--json')).stdout));
    return Object.fromEntries(rows.map(({ instance, pid }) => [instance, pid]));
  };
  const expectPage = async (text: string): Promise<void> => {
    const { body } = await eventually(() => getPage(ports.first + 80, 'webapp1.local'));
    expect(body).toContain(text);
  };

  beforeAll(async () => {
    ports = await reserveBlock();
    machine = await startThrowAwayMachine();
    await shell(makeMachine);
    if (!isRoot) await run('mkdir', '/srv/nobody/profiles', '/srv/nobody/state');
  });
  afterAll(async () => {
    await machine.stop();
    await ports.release();
  });

  test('a switch starts every instance, in order, when there was nothing before', async () => {
    const { stderr } = await deploy();
    expect([...stderr.matchAll(/starting (\w+) \(new\)/g)].map(([, name]) => name)).toEqual([
      ...['webapp1', 'webapp2', 'nginx'],
    ]);
    await expectPage('Hello from the first web application');
    expect((await tool('status')).exitCode).toBe(0);
    const users = await shell('for p in /proc/[0-9]*; do [ "$(cat $p/comm)" != webapp ] || stat -c %U $p; done');
    expect(users.split('\n').sort()).toEqual(isRoot ? ['webapp1', 'webapp2'] : ['nobody', 'nobody']);
  });

  test('nothing is enabled at boot unless it is asked for', async () => {
    expect(await shell('ls /usr/local/etc/rc.d; ls /etc/rc.conf.d 2>/dev/null || true')).toBe('');
  });

  test('an activity is run of all scripts in order, or in reverse', async () => {
    const names = async (...options: readonly string[]): Promise<readonly string[]> =>
      [...(await succeed('run-activity', ...options, 'onestatus')).stdout.matchAll(/^(\w+) is running/gm)].map(
        ([, name = '']) => name,
      );
    expect(await names()).toEqual(['webapp1', 'webapp2', 'nginx']);
    expect(await names('-r')).toEqual(['nginx', 'webapp2', 'webapp1']);
  });

  test('scripts are enabled at boot when root asks for it, and run by the system', async () => {
    if (!isRoot) {
      const before = await pids();
      await expect(deploy({ webapp1: 'At boot' }, '--enable-at-boot')).rejects.toThrow(
        'Nothing on this machine is known to start your programs when it boots',
      );
      expect(Object.keys(await pids())).toEqual(Object.keys(before));
      expect((await tool('status')).exitCode).toBe(0);
      return;
    }
    await deploy({ webapp1: 'At boot' }, '--enable-at-boot');
    expect(await shell('ls /usr/local/etc/rc.d')).toBe('nginx\nwebapp1\nwebapp2');
    expect(await shell('grep -h enable /etc/rc.conf.d/*')).toBe(
      'nginx_enable="YES"\nwebapp1_enable="YES"\nwebapp2_enable="YES"',
    );
    expect(await shell('test ! -e /etc/rc.conf && /usr/local/etc/rc.d/webapp1 restart')).toContain('Starting webapp1');
    expect((await tool('status')).exitCode).toBe(0);
  });

  test('undeploy leaves nothing', async () => {
    await succeed('undeploy');
    expect(await shell("cat /proc/[0-9]*/comm | grep -vxE 'bash|sleep|sh|cat|grep' || true")).toBe('');
    expect(await shell('ls /usr/local/etc/rc.d; ls /etc/rc.conf.d 2>/dev/null || true')).toBe('');
    const runtime = isRoot ? '/run' : '/srv/nobody/state/run';
    expect(await shell(`find ${runtime} -name '*.pid' -o -name 'nixproc*'`)).toBe('');
  });
});
