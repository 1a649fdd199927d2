import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { installStandIn } from '../backends/s6-rc/support/stand-in.js';
import { accounts, type Account } from '../support/accounts.js';
import { controlGroupMount } from '../support/control-groups.js';
import { createDeployment, systemPath, type Deployment } from '../support/deployment.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/waiting.js';
import { inheritedBy, sleeperOf, type Inherited } from './support/inherited.js';

/** Nothing of this is to reach a service: a lock, a umask, a limit, variables, niceness, ignored signals. */
const hostileCaller = `
exec 200>"$1" 7>&1
flock 200
shift
umask 077
ulimit -S -n 4096
export XDG_RUNTIME_DIR=/run/user/4711 ODD=caller LC_ALL=C.UTF-8 DISPLAY=:7 HOME=/nowhere USER=caller
exec nohup nice -n 5 env 'a.b=dots' 'BASH_FUNC_ls%%=() { :; }' "$@" </dev/null 7>&-
`;

/** What each manager adds to the environment of a process itself. */
const managers: Readonly<Record<string, RegExp>> = {
  sysvinit: /^$/,
  disnix: /^$/,
  supervisord: /^SUPERVISOR_/,
  's6-rc': /^$/,
};

const instances = ['foreground', 'daemon', 'prepared', 'prepared-daemon'] as const;
const instancesOfUser = ['foreground-of-user', 'daemon-of-user'] as const;

interface Place {
  readonly deployment: Deployment;
  readonly dispose: () => Promise<void>;
  /** By instance. */
  readonly processes: ReadonlyMap<string, Inherited>;
}

/** Deploys the model as a hostile caller, and looks at what its processes have. */
const deployHostilely = async (manager: string, account: Account, user: string | null): Promise<Place> => {
  const place: TemporaryDirectory = await makeTemporaryDirectory();
  const { bin, env } = installStandIn(place.path);
  const deployment = await createDeployment(account, 'webapps', { ...env, PATH: [bin, systemPath].join(delimiter) });
  const number = 1_000_000 + Math.floor(Math.random() * 1e7) * 10;
  const dispose = async (): Promise<void> => {
    await deployment.tool('undeploy');
    await deployment.dispose();
    await place.remove();
  };
  try {
    const lock = join(deployment.directory, 'home', 'caller.lock');
    const { exitCode, stderr } = await deployment.run(
      ...(['bash', '-c', hostileCaller, 'bash', lock, ...deployment.toolWords] as const),
      ...['switch', '-P', manager, '--host-packages', '--state-dir', deployment.stateDir],
      ...(user === null ? ['--force-disable-user-change'] : []),
      `--extra-params={ number = ${number}; ${user === null ? '' : `user = "${user}";`} }`,
      join(deployment.fixtures, 'inherited', 'processes.nix'),
    );
    if (exitCode !== 0) throw new Error(stderr);
    const processes = new Map<string, Inherited>();
    for (const [offset, name] of [...instances, ...(user === null ? [] : instancesOfUser)].entries()) {
      const pid = await eventually(() => sleeperOf(number + offset) ?? undefined);
      // Before it was the program, it may have been a shell.
      processes.set(name, inheritedBy(pid));
    }
    return { deployment, dispose, processes };
  } catch (error) {
    await dispose();
    throw error;
  }
};

describe.each(accounts)('what services of $name inherit', (account) => {
  describe.each(Object.keys(managers))('under %s', (manager) => {
    const user = account.uid === 0 ? 'games' : null;
    let place: Place;
    beforeAll(async () => {
      place = await deployHostilely(manager, account, user);
    });
    afterAll(() => place.dispose());

    /** One fact of every process, by instance. */
    const fact = (of: (inherited: Inherited) => unknown): Readonly<Record<string, unknown>> =>
      Object.fromEntries([...place.processes].map(([name, inherited]) => [name, of(inherited)]));
    const all = (value: unknown): Readonly<Record<string, unknown>> => fact(() => value);
    /** What commands of the model have changed is another thing for those that have some. */
    const allBut = (value: unknown, prepared: unknown): Readonly<Record<string, unknown>> => ({
      ...all(value),
      prepared,
      'prepared-daemon': prepared,
    });

    test('no descriptor but 0 to 2, and no ignored signal', () => {
      expect(fact(({ descriptors }) => descriptors)).toEqual(all([]));
      expect(fact(({ ignored }) => ignored)).toEqual(all([]));
    });

    test('umask 022, niceness 0 as far as the account may, and 1024 open files, unless the model says otherwise', () => {
      expect(fact(({ umask }) => umask)).toEqual(allBut('0022', '0027'));
      expect(fact(({ niceness }) => niceness)).toEqual(all(account.uid === 0 ? 0 : 5));
      expect(fact(({ openFiles }) => openFiles)).toEqual(allBut(1024, 512));
    });

    test("no session of the caller's", async () => {
      const { stdout } = await place.deployment.run('ps', '-o', 'sess=', '-p', String(process.pid));
      for (const { session } of place.processes.values()) expect(session).not.toBe(Number(stdout));
    });

    test('no variables but those of the account, the model and the manager', () => {
      const own = managers[manager] ?? /^$/;
      const names = ['HOME', 'LOGNAME', 'MODEL', 'PATH', 'SHELL', 'USER'];
      expect(
        fact(({ environment }) =>
          Object.keys(environment)
            .filter((name) => !own.test(name) && name !== 'NIXPROC_INSTANCE')
            .sort(),
        ),
      ).toEqual(allBut(names, [...names, 'INITIALIZE'].sort()));
      // What has a control group of its own needs no other mark; supervisord becomes a user before it can get one.
      const hasGroups = account.uid === 0 && controlGroupMount() !== null;
      const isOfUser = (name: string): boolean => (instancesOfUser as readonly string[]).includes(name);
      for (const [name, { environment }] of place.processes) {
        const hasMark = !hasGroups || (manager === 'supervisord' && isOfUser(name));
        const mark = hasMark ? expect.stringMatching(/^\/.*\/run\/[^/]+$/) : undefined;
        expect(environment['NIXPROC_INSTANCE']).toEqual(mark);
      }
      const accountOf = ({ environment: { HOME, USER, LOGNAME } }: Inherited): unknown => ({ HOME, USER, LOGNAME });
      const expected =
        account.uid === 0
          ? { HOME: '/root', USER: 'root', LOGNAME: 'root' }
          : { HOME: expect.any(String), USER: expect.any(String), LOGNAME: expect.any(String) };
      const games = { HOME: '/usr/games', USER: 'games', LOGNAME: 'games' };
      expect(fact(accountOf)).toEqual({
        ...all(expected),
        ...(user === null ? {} : Object.fromEntries(instancesOfUser.map((name) => [name, games]))),
      });
      for (const { environment } of place.processes.values()) {
        expect(environment['HOME']).not.toBe('/nowhere');
        expect(environment['PATH']).not.toContain('stand-in');
      }
    });

    test("the caller's lock is free", async () => {
      const lock = join(place.deployment.directory, 'home', 'caller.lock');
      expect(await place.deployment.run('flock', '--nonblock', lock, 'true')).toMatchObject({ exitCode: 0 });
    });
  });
});
