import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { prepareAccounts } from '../../src/activate/prepare-accounts.js';
import { accountTools, type AccountTools } from '../../src/credentials/account-tools.js';
import { chooseAccountTools } from '../../src/credentials/choose-account-tools.js';
import { decideCredentialChanges, type CredentialChanges } from '../../src/credentials/credential-changes.js';
import { busybox } from '../../src/credentials/dialects/busybox.js';
import { ledgerFile, readLedger } from '../../src/credentials/ledger.js';
import type { CredentialsOwner } from '../../src/credentials/merge-credentials.js';
import { ActivationError } from '../../src/system/errors.js';
import type { Run } from '../../src/system/ports.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';
import { canThrowAway } from '../support/throw-away-root.js';
import { group, unit, user } from './credentials-of.js';
import { withPrivateAccounts } from './private-accounts.js';

const log = pino({ level: 'silent' });

interface Machine {
  readonly run: Run;
  readonly tools: AccountTools;
  /** A directory of the test's own, which holds the ledger too. */
  readonly directory: string;
  readonly ledger: string;
  decide(next: readonly CredentialsOwner[], otherGenerations?: readonly CredentialsOwner[]): Promise<CredentialChanges>;
}

/** A test with the real tools of the machine on accounts of its own. */
const onPrivateAccounts = (name: string, work: (machine: Machine) => Promise<void>): void => {
  (canThrowAway ? test : test.skip)(`${name} (needs root and shadow-utils)`, async () => {
    const passwd = await readFile('/etc/passwd', 'utf8');
    const directory = await makeTemporaryDirectory();
    try {
      await withPrivateAccounts(async (run) => {
        const ports = { run, log, env: process.env };
        const tools = await chooseAccountTools('linux', ports);
        expect(tools.name).toBe('shadow-utils');
        const stateDirectory = join(directory.path, 'state');
        await work({
          run,
          tools,
          directory: directory.path,
          ledger: ledgerFile(stateDirectory),
          decide: (next, others = []) =>
            decideCredentialChanges(
              {
                next,
                otherGenerations: () => Promise.resolve(others.map(({ credentials }) => credentials)),
                userChanges: true,
                stateDirectory,
              },
              'linux',
              ports,
            ),
        });
      });
    } finally {
      await directory.remove();
    }
    expect(await readFile('/etc/passwd', 'utf8')).toBe(passwd);
  });
};

onPrivateAccounts('accounts are made, changed and removed, and nothing is done twice', async (machine) => {
  const home = join(machine.directory, 'home', 'webapp');
  const webapp = (description: string): readonly CredentialsOwner[] => [
    unit(
      'webapp1',
      [group('nixproc-g', 4242)],
      [
        user('nixproc-u', {
          uid: 4243,
          group: 'nixproc-g',
          description,
          homeDir: home,
          createHomeDir: true,
          shell: '/bin/sh',
        }),
      ],
    ),
  ];

  await (await machine.decide(webapp('Web application, 1st'))).prepare();
  const made = { name: 'nixproc-u', uid: 4243, gid: 4242, homeDir: home, shell: '/bin/sh' };
  expect(await machine.tools.read({ users: ['nixproc-u'], groups: ['nixproc-g'] })).toEqual({
    users: [{ ...made, description: 'Web application, 1st' }],
    groups: [{ name: 'nixproc-g', gid: 4242 }],
  });
  const { uid, gid, mode } = await stat(home);
  expect([uid, gid, (mode & 0o7777).toString(8)]).toEqual([4243, 4242, '755']);
  const shadow = await machine.run({ file: 'getent', args: ['shadow', 'nixproc-u'] });
  expect(shadow.stdout).toMatch(/^nixproc-u:!:/);
  expect(await readLedger(machine.ledger)).toEqual({ users: { 'nixproc-u': 4243 }, groups: { 'nixproc-g': 4242 } });
  expect((await machine.decide(webapp('Web application, 1st'))).plan).toEqual({
    preparations: [],
    removals: [],
    notes: [],
    retained: [],
  });

  const change = await machine.decide(webapp('Another'));
  expect(change.plan.preparations.map(({ kind, reason }) => [kind, reason])).toEqual([
    ['modify-user', 'description: Web application, 1st → Another'],
  ]);
  await change.prepare();
  expect((await machine.tools.read({ users: ['nixproc-u'], groups: [] })).users).toEqual([
    { ...made, description: 'Another' },
  ]);

  expect((await machine.decide([], webapp('Another'))).plan.removals).toEqual([]);
  expect(await (await machine.decide([])).remove()).toEqual([]);
  expect(await machine.tools.read({ users: ['nixproc-u'], groups: ['nixproc-g'] })).toEqual({ users: [], groups: [] });
  expect(await readLedger(machine.ledger)).toEqual({ users: {}, groups: {} });
  expect((await stat(home)).isDirectory()).toBe(true);
});

onPrivateAccounts('after a failure, a user that was changed gets back what it had', async (machine) => {
  const location = { name: 'p', link: join(machine.directory, 'p'), stateDirectory: join(machine.directory, 'state') };
  const manifest = (description: string) => ({
    units: [unit('webapp1', [], [user('nixproc-u', { description })])],
    forceDisableUserChange: false,
  });
  const ports = { run: machine.run, log, env: process.env };
  await (await prepareAccounts(location, manifest('Before'), ports)).prepare();
  const descriptionNow = async (): Promise<string | undefined> =>
    (await machine.tools.read({ users: ['nixproc-u'], groups: [] })).users[0]?.description;
  const next = await prepareAccounts(location, manifest('Next'), ports, manifest('Before'));
  await next.prepare();
  expect(await descriptionNow()).toBe('Next');
  await next.putBack();
  expect(await descriptionNow()).toBe('Before');
});

onPrivateAccounts('a user who names no group gets one of its own name, and both go together', async (machine) => {
  await (await machine.decide([unit('webapp1', [], [user('nixproc-u')])])).prepare();
  const { users, groups } = await machine.tools.read({ users: ['nixproc-u'], groups: ['nixproc-u'] });
  expect(users).toMatchObject([{ name: 'nixproc-u', gid: groups[0]?.gid, homeDir: '/dev/null' }]);
  expect(await (await machine.decide([])).remove()).toEqual([]);
  expect(await machine.tools.read({ users: ['nixproc-u'], groups: ['nixproc-u'] })).toEqual({ users: [], groups: [] });
});

onPrivateAccounts('a group that was there before outlives the user of its name that we made', async (machine) => {
  await machine.run({ file: 'groupadd', args: ['--gid', '4242', 'nixproc-u'] });
  await (
    await machine.decide([unit('webapp1', [group('nixproc-u')], [user('nixproc-u', { group: 'nixproc-u' })])])
  ).prepare();
  expect((await readLedger(machine.ledger)).groups).toEqual({});
  expect(await (await machine.decide([])).remove()).toEqual([]);
  expect(await machine.tools.read({ users: ['nixproc-u'], groups: ['nixproc-u'] })).toEqual({
    users: [],
    groups: [{ name: 'nixproc-u', gid: 4242 }],
  });
});

onPrivateAccounts('a uid that the machine uses for somebody else is an error that names both', async (machine) => {
  await expect(machine.decide([unit('webapp1', [], [user('nixproc-u', { uid: 0 })])])).rejects.toThrow(
    'The user "nixproc-u" cannot have the uid 0: it belongs to the user "root"',
  );
});

onPrivateAccounts('accounts of the machine stay as they are, also while their processes run', async (machine) => {
  await machine.run({ file: 'groupadd', args: ['--gid', '4242', 'nixproc-g'] });
  await machine.run({ file: 'useradd', args: ['--uid', '4243', '--gid', '4242', '--no-create-home', 'nixproc-u'] });
  const service = spawn('setpriv', ['--reuid=4243', '--clear-groups', 'sleep', '60'], { stdio: 'ignore' });
  const ended = once(service, 'exit');
  try {
    const query = { users: ['nixproc-u', 'root'], groups: ['nixproc-g'] };
    const before = await machine.tools.read(query);
    const changes = await machine.decide([
      unit(
        'webapp1',
        [group('nixproc-g', 5242)],
        [user('nixproc-u', { uid: 5243, description: 'Mine', homeDir: '/mine' }), user('root', { uid: 4244 })],
      ),
    ]);
    expect(changes.plan.retained).toMatchObject([
      { name: 'nixproc-g', differences: ['gid 4242 (the model: 5242)'] },
      {
        name: 'nixproc-u',
        differences: [
          'uid 4243 (the model: 5243)',
          'description "" (the model: Mine)',
          expect.stringMatching(/^homeDir /),
        ],
      },
      { name: 'root', differences: ['uid 0 (the model: 4244)'] },
    ]);
    await changes.prepare();
    expect(await (await machine.decide([])).remove()).toEqual([]);
    expect(await machine.tools.read(query)).toEqual(before);
    expect(await readLedger(machine.ledger)).toEqual({ users: {}, groups: {} });
  } finally {
    service.kill();
    await ended;
  }
});

onPrivateAccounts(
  'what the platform refuses is told in its words, and the ledger does not claim it',
  async (machine) => {
    const changes = await machine.decide([unit('webapp1', [], [user('nixproc-u', { uid: 4243 })])]);
    // Somebody else takes the uid after the plan was made.
    await machine.run({ file: 'useradd', args: ['--uid', '4243', '--no-create-home', 'nixproc-v'] });
    const failure = await changes.prepare().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ActivationError);
    expect(failure).toMatchObject({
      message: 'The user "nixproc-u" cannot be created',
      why: 'useradd: UID 4243 is not unique',
    });
    const { users, groups } = await readLedger(machine.ledger);
    expect([users, Object.keys(groups)]).toEqual([{}, ['nixproc-u']]);
  },
);

onPrivateAccounts('a user with a running process is not removed now but the next time', async (machine) => {
  await (await machine.decide([unit('webapp1', [], [user('nixproc-u', { uid: 4243 })])])).prepare();
  const service = spawn('setpriv', ['--reuid=4243', '--clear-groups', 'sleep', '60'], { stdio: 'ignore' });
  const ended = once(service, 'exit');
  try {
    const uidOf = async (pid: number | undefined): Promise<number> => (await stat(`/proc/${String(pid)}`)).uid;
    while ((await uidOf(service.pid)) !== 4243) await delay(10);
    const failures = await (await machine.decide([])).remove();
    expect(failures.map(({ message, why }) => [message, why])).toContainEqual([
      'The user "nixproc-u" cannot be removed',
      `userdel: user nixproc-u is currently used by process ${String(service.pid)}`,
    ]);
    expect((await readLedger(machine.ledger)).users).toEqual({ 'nixproc-u': 4243 });
  } finally {
    service.kill();
    await ended;
  }
  expect(await (await machine.decide([])).remove()).toEqual([]);
  expect(await readLedger(machine.ledger)).toEqual({ users: {}, groups: {} });
});

test('BusyBox, which cannot change users, says what to do instead', async () => {
  const tools = accountTools(busybox, {
    run: async () => ({ exitCode: 0, stdout: '', stderr: '', timedOut: false }),
    log,
    env: {},
  });
  await expect(tools.modifyUser('web', { shell: '/bin/sh' })).rejects.toMatchObject({
    message: 'The user "web" cannot be changed',
    why: 'BusyBox has no command for it',
  });
});
