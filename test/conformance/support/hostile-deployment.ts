import { chown, mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createMachine } from '../../backends/openrc/support/machine.js';
import { installStandIn } from '../../backends/s6-rc/support/stand-in.js';
import type { Account } from '../../support/accounts.js';
import { createContainerNamespace } from '../../support/container-namespace.js';
import { createDeployment, systemPath, type Deployment } from '../../support/deployment.js';
import { isAlive } from '../../support/processes.js';
import { bootSystemd } from '../../support/systemd-namespace.js';
import { makeTemporaryDirectory } from '../../support/temporary-directory.js';
import { eventually } from '../../support/waiting.js';
import { inheritedBy, sleeperOf, type Inherited } from './inherited.js';

/**
 * Shell words that run a command as a caller of whom nothing is to reach a service: a lock, another descriptor, a umask, a
 * limit, variables, niceness, ignored signals. Parameters: the lock, the caller's HOME, the command.
 */
export const hostileCaller = `
exec 200>"$1" 7>&1
flock 200
export HOME=$2
shift 2
umask 077
ulimit -S -n 4096
export ODD=caller LC_ALL=C.UTF-8 DISPLAY=:7
: "\${USER=caller}" "\${XDG_RUNTIME_DIR=/run/user/4711}"
export USER XDG_RUNTIME_DIR
exec nohup nice -n 5 env 'a.b=dots' 'BASH_FUNC_ls%%=() { :; }' "$@" </dev/null 7>&-
`;

/** The instances of fixtures/inherited, in the order of how long their processes sleep. */
const instances = ['foreground', 'daemon', 'prepared', 'prepared-daemon'] as const;
export const instancesOfUser = ['foreground-of-user', 'daemon-of-user'] as const;

/** Where services are deployed, and what is to be taken away afterwards. */
interface Ground {
  readonly account: Account;
  readonly env?: Readonly<Record<string, string>>;
  /** Ends all that runs there. */
  readonly dispose: () => Promise<void>;
}

/** A ground for a manager of the machine itself. */
export const onThisMachine = async (account: Account): Promise<Ground> => {
  const place = await makeTemporaryDirectory();
  const { bin, env } = installStandIn(place.path);
  return { account, env: { ...env, PATH: [bin, systemPath].join(delimiter) }, dispose: place.remove };
};

/** A systemd of its own: the system's for root, else that of a user. */
export const underSystemd = async (account: Account): Promise<Ground> => {
  const namespace = await bootSystemd();
  if (account.uid === 0) return { account: namespace.accountInside(account), dispose: namespace.dispose };
  const home = await makeTemporaryDirectory();
  const user = await namespace.addUser(home.path);
  await namespace.mustRun('chown', `${user.uid}:${user.gid}`, home.path);
  return {
    account: user,
    dispose: async () => {
      await namespace.dispose();
      await home.remove();
    },
  };
};

/** An ordinary user with subordinate IDs, as adduser(8) gives them. */
const podmanUser = { name: 'np-tester', uid: 64_321, gid: 64_321 };

/** A Podman of its own. */
export const underPodman = async (account: Account): Promise<Ground> => {
  const { name, uid, gid } = podmanUser;
  const namespace = await createContainerNamespace(`
    echo '${name}:x:${uid}:${gid}::/home/${name}:/bin/sh' >>etc/passwd
    echo '${name}:x:${gid}:' >>etc/group
    echo '${name}:200000:65536' >>etc/subuid
    echo '${name}:200000:65536' >>etc/subgid
    install -d -o ${uid} -g ${gid} -m 700 run/user/${uid}`);
  return {
    account: account.uid === 0 ? namespace.account : namespace.accountOf(podmanUser),
    // Podman looks for subordinate IDs by this name, and has its sockets there.
    ...(account.uid === 0 ? {} : { env: { USER: name, XDG_RUNTIME_DIR: `/run/user/${uid}` } }),
    dispose: namespace.dispose,
  };
};

/** An OpenRC of its own. */
export const underOpenrc = async (): Promise<Ground> => {
  const { account, dispose } = await createMachine();
  return { account, dispose };
};

/** Services that a hostile caller has deployed. */
export interface HostileDeployment {
  readonly deployment: Deployment;
  /** The file that the caller has locked. */
  readonly lock: string;
  readonly callersHome: string;
  /** By instance. */
  readonly processes: ReadonlyMap<string, Inherited>;
  readonly dispose: () => Promise<void>;
}

const endAll = async (pids: readonly number[]): Promise<void> => {
  for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  await eventually(() => (pids.some(isAlive) ? undefined : true));
};

/**
 * Deploys fixtures/inherited, and looks at what its processes have.
 *
 * @param user an account for two of them; null for none
 */
export const deployHostilely = async (
  manager: string,
  ground: Ground,
  user: string | null,
): Promise<HostileDeployment> => {
  const deployment = await createDeployment(ground.account, 'webapps', ground.env);
  const number = 1_000_000 + Math.floor(Math.random() * 1e7) * 10;
  const names = [...instances, ...(user === null ? [] : instancesOfUser)];
  const dispose = async (): Promise<void> => {
    await deployment.dispose();
    await endAll(names.flatMap((_, offset) => sleeperOf(number + offset) ?? []));
    await ground.dispose();
  };
  try {
    const lock = join(deployment.directory, 'home', 'caller.lock');
    const callersHome = join(deployment.directory, 'home-of-caller');
    await mkdir(callersHome);
    await chown(callersHome, ground.account.uid, ground.account.gid);
    const { exitCode, stderr } = await deployment.run(
      ...(['bash', '-c', hostileCaller, 'bash', lock, callersHome, ...deployment.toolWords] as const),
      ...['switch', '-P', manager, '--host-packages', '--state-dir', deployment.stateDir],
      ...(user === null ? ['--force-disable-user-change'] : []),
      `--extra-params={ number = ${number}; ${user === null ? '' : `user = "${user}";`} }`,
      join(deployment.fixtures, 'inherited', 'processes.nix'),
    );
    if (exitCode !== 0) throw new Error(stderr);
    const processes = new Map<string, Inherited>();
    for (const [offset, name] of names.entries()) {
      const pid = await eventually(() => sleeperOf(number + offset) ?? undefined);
      // Before it was the program, it may have been a shell.
      processes.set(name, inheritedBy(pid));
    }
    return { deployment, lock, callersHome, processes, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
};
