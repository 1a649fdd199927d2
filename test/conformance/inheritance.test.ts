import { getPriority } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { noOpenrc } from '../backends/openrc/support/machine.js';
import { accounts } from '../support/accounts.js';
import { controlGroupMount } from '../support/control-groups.js';
import { isRoot } from '../support/is-root.js';
import {
  deployHostilely,
  instancesOfUser,
  onThisMachine,
  underOpenrc,
  underPodman,
  underSystemd,
  type HostileDeployment,
} from './support/hostile-deployment.js';
import { sessionOf, type Inherited } from './support/inherited.js';

interface Manager {
  readonly name: string;
  readonly ground: typeof onThisMachine;
  /** It starts services for root alone. */
  readonly isRoots?: true;
  /** It runs in a copy of the machine, whose namespaces and mounts are root's. */
  readonly needsRoot?: true;
  /** What it adds to the environment of a process itself. */
  readonly own: RegExp;
  /** Whether `umask`, `ulimit` and `export` in `initialize` reach the process, as docs/properties.md has it. */
  readonly isPrepared: boolean;
  /** The soft limit of open files. Default: 1024; null: the manager's own. */
  readonly openFiles?: null;
  /** It has no SHELL for accounts that may not log in. */
  readonly knowsNoNologin?: true;
  /** What runs in its copy of the machine is in a control group outside of that. */
  readonly lacksGroups?: true;
  /** It starts processes itself, and not whoever calls the tool. */
  readonly isServer?: true;
}

const managers: readonly Manager[] = [
  { name: 'sysvinit', ground: onThisMachine, own: /^$/, isPrepared: true },
  { name: 'disnix', ground: onThisMachine, own: /^$/, isPrepared: true },
  { name: 'supervisord', ground: onThisMachine, own: /^SUPERVISOR_/, isPrepared: true },
  { name: 's6-rc', ground: onThisMachine, own: /^$/, isPrepared: true },
  { name: 'runit', ground: onThisMachine, own: /^$/, isPrepared: true },
  ...(noOpenrc === null
    ? [{ name: 'openrc', ground: underOpenrc, isRoots: true, lacksGroups: true, own: /^$/, isPrepared: false } as const]
    : []),
  {
    name: 'systemd',
    ground: underSystemd,
    needsRoot: true,
    own: /^(?:INVOCATION_ID|JOURNAL_STREAM|SYSTEMD_EXEC_PID|MANAGERPID|PIDFILE|LANG|XDG_RUNTIME_DIR|DBUS_\w+|QT_\w+)$/,
    knowsNoNologin: true,
    isPrepared: false,
    openFiles: null,
    isServer: true,
  },
  {
    name: 'docker',
    ground: underPodman,
    needsRoot: true,
    own: /^(?:container|HOSTNAME|TERM)$/,
    isPrepared: true,
    openFiles: null,
  },
];

const cases = managers.flatMap((manager) =>
  accounts.filter(({ uid }) => uid === 0 || manager.isRoots !== true).map((account) => ({ account, manager })),
);
const canRun = ({ manager }: (typeof cases)[number]): boolean => isRoot || manager.needsRoot !== true;

/** What is deployed, by its case: several at once take half the time of one after the other. */
const places = new Map<(typeof cases)[number], Promise<HostileDeployment>>();
let all: Promise<unknown>;
beforeAll(() => {
  // Three are at work at any time.
  const workers: Promise<unknown>[] = Array.from({ length: 3 }, () => Promise.resolve());
  cases.filter(canRun).forEach((each, index) => {
    const { account, manager } = each;
    const place = (workers[index % workers.length] ?? Promise.resolve()).then(async () =>
      deployHostilely(manager.name, await manager.ground(account), account.uid === 0 ? 'games' : null),
    );
    places.set(each, place);
    workers[index % workers.length] = place.catch(() => undefined);
  });
  all = Promise.all(workers);
});
afterAll(async () => {
  await all;
  await Promise.all(
    [...places.values()].map(async (place) => {
      await (await place.catch(() => null))?.dispose();
    }),
  );
});

describe.each(cases)('what services of $account.name inherit under $manager.name', (each) => {
  const { account, manager } = each;
  const testHere = canRun(each) ? test : test.skip;
  const user = account.uid === 0 ? 'games' : null;
  let place: HostileDeployment;
  beforeAll(async () => {
    const deployed = await places.get(each);
    if (deployed !== undefined) place = deployed;
  });

  /** One fact of every process, by instance. */
  const fact = (of: (inherited: Inherited) => unknown): Readonly<Record<string, unknown>> =>
    Object.fromEntries([...place.processes].map(([name, inherited]) => [name, of(inherited)]));
  const everywhere = (value: unknown): Readonly<Record<string, unknown>> => fact(() => value);
  /** What commands of the model have changed is another thing for those that have some, where they reach the process. */
  const allBut = (value: unknown, prepared: unknown): Readonly<Record<string, unknown>> => ({
    ...everywhere(value),
    ...(manager.isPrepared ? { prepared, 'prepared-daemon': prepared } : {}),
  });

  testHere('no descriptor but 0 to 2, and no ignored signal', () => {
    expect(fact(({ descriptors }) => descriptors)).toEqual(everywhere([]));
    expect(fact(({ ignored }) => ignored)).toEqual(everywhere([]));
  });

  testHere(
    'umask 022, niceness 0 as far as the account may, and 1024 open files, unless the model says otherwise',
    () => {
      expect(fact(({ umask }) => umask)).toEqual(allBut('0022', '0027'));
      const mayLower = account.uid === 0 || manager.isServer === true;
      expect(fact(({ niceness }) => niceness)).toEqual(everywhere(mayLower ? 0 : getPriority() + 5));
      const openFiles = manager.openFiles === null ? expect.any(Number) : 1024;
      expect(fact((inherited) => inherited.openFiles)).toEqual(allBut(openFiles, 512));
      expect(fact((inherited) => inherited.openFiles)).not.toMatchObject({ foreground: 4096 });
    },
  );

  testHere(
    "no session of the caller's, and one that no other instance has, as far as the manager gives them any",
    () => {
      const sessions = [...place.processes.values()].map(({ session }) => session);
      expect(sessions).not.toContain(sessionOf(process.pid));
      const groups = new Set([...place.processes.values()].map(({ group }) => group));
      expect(groups.size).toBe(place.processes.size);
      if (manager.name !== 'supervisord') expect(new Set(sessions).size).toBe(place.processes.size);
    },
  );

  testHere('no variables but those of the account, the model and the manager', () => {
    const ofUser = (value: unknown): Readonly<Record<string, unknown>> =>
      user === null ? {} : Object.fromEntries(instancesOfUser.map((name) => [name, value]));
    const isKnownForUser = (name: string): boolean => name !== 'SHELL' || manager.knowsNoNologin !== true;
    const names = ['HOME', 'LOGNAME', 'MODEL', 'PATH', 'SHELL', 'USER'];
    expect(
      fact(({ environment }) =>
        Object.keys(environment)
          .filter((name) => !manager.own.test(name) && name !== 'NIXPROC_INSTANCE')
          .sort(),
      ),
    ).toEqual({ ...allBut(names, [...names, 'INITIALIZE'].sort()), ...ofUser(names.filter(isKnownForUser)) });
    // What has a control group of its own needs no other mark; supervisord becomes a user before it can get one.
    const hasGroups =
      manager.lacksGroups !== true &&
      (manager.needsRoot === true || (account.uid === 0 && controlGroupMount() !== null));
    const isOfUser = (name: string): boolean => (instancesOfUser as readonly string[]).includes(name);
    for (const [name, { environment }] of place.processes) {
      const hasMark = !hasGroups || (manager.name === 'supervisord' && isOfUser(name));
      const mark = hasMark ? expect.stringMatching(/^\/.*\/run\/[^/]+$/) : undefined;
      expect(environment['NIXPROC_INSTANCE']).toEqual(mark);
    }
    const accountOf = ({ environment: { HOME, USER, LOGNAME, SHELL } }: Inherited): unknown => ({
      ...{ HOME, USER, LOGNAME, SHELL },
    });
    const expected =
      account.uid === 0
        ? { HOME: '/root', USER: 'root', LOGNAME: 'root', SHELL: expect.stringMatching(/^\/bin\/(?:ba)?sh$/) }
        : Object.fromEntries(['HOME', 'USER', 'LOGNAME', 'SHELL'].map((name) => [name, expect.any(String)]));
    const games = { HOME: '/usr/games', USER: 'games', LOGNAME: 'games' };
    const nologin = isKnownForUser('SHELL') ? { SHELL: '/usr/sbin/nologin' } : {};
    expect(fact(accountOf)).toEqual({ ...everywhere(expected), ...ofUser({ ...games, ...nologin }) });
    for (const { environment } of place.processes.values()) {
      expect(environment['HOME']).not.toBe(place.callersHome);
      expect(environment['PATH']).not.toContain('stand-in');
    }
  });

  testHere("the caller's lock is free", async () => {
    expect(await place.deployment.run('flock', '--nonblock', place.lock, 'true')).toMatchObject({ exitCode: 0 });
  });
});
