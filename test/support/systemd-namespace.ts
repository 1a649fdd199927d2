import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { RunResult } from '../../src/system/ports.js';
import { createRun } from '../../src/system/run.js';
import type { Account } from './accounts.js';
import { isAlive } from './processes.js';
import { repository } from './repository.js';
import { eventually } from './waiting.js';

/**
 * A real systemd as PID 1 of its own namespaces, over a throw-away copy of this machine: whatever changes there but /tmp
 * and /nix is gone with it. The network is the machine's. Needs root.
 */
export interface SystemdNamespace {
  /** argv to put before a command that is to run inside, as root. */
  readonly enter: readonly [string, ...string[]];
  /** The PID of the systemd, as it is seen from outside; each boot has another one. */
  readonly init: () => number;
  /** Runs a command inside, as root. */
  readonly run: (file: string, ...args: readonly string[]) => Promise<RunResult>;
  /** Runs a command inside as root; throws when it fails. */
  readonly mustRun: (file: string, ...args: readonly string[]) => Promise<string>;
  /** The same person, working inside. */
  readonly accountInside: (account: Account) => Account;
  /** Makes an ordinary user inside, with a systemd of their own; returns who then works inside. */
  readonly addUser: (home: string) => Promise<Account>;
  /** Waits until the systemd of that user can be reached. */
  readonly awaitUser: () => Promise<void>;
  /**
   * Ends everything inside at once, as a power cut does, and boots again; files stay, but for those of /run.
   *
   * @param meanwhile called when nothing runs any more
   */
  readonly reboot: (meanwhile: () => void) => Promise<void>;
  /** Ends PID 1 and with it every process inside. */
  readonly dispose: () => Promise<void>;
}

const script = join(repository, 'test', 'support', 'systemd-namespace.sh');
/** Nobody has this ID on the machine. (systemd has its own ideas about what the user "nobody" is.) */
const userId = 23_456;

const runHere = createRun(process.env);

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** The cgroup is empty by then, but directories that the inner systemd made are not removed by themselves. */
const removeCgroup = async (name: string): Promise<void> => {
  const { exitCode, stderr } = await runHere({
    file: 'unshare',
    args: [
      ...['--mount', '--propagation', 'private', 'sh', '-euc'],
      'mount -t cgroup2 cgroup2 "$1"; cd "$1"; if [ -d "$2" ]; then find "$2" -depth -type d -exec rmdir {} +; fi',
      ...['sh', '/mnt', name],
    ],
  });
  if (exitCode !== 0) throw new Error(`the cgroup ${name} cannot be removed: ${stderr}`);
};

export const bootSystemd = async (): Promise<SystemdNamespace> => {
  const scratch = await mkdtemp('/tmp/nixproc-systemd-');
  const cgroup = basename(scratch);
  // The kernel ends the whole namespace with us, however we end.
  const outer = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'unshare', '--mount', '--propagation', 'private', 'sh', script, 'enter'],
    { env: { PATH: process.env['PATH'], SCRATCH: scratch, CGROUP: cgroup }, stdio: ['pipe', 'ignore', 'pipe'] },
  );
  let messages = '';
  outer.stderr.setEncoding('utf8').on('data', (text: string) => (messages += text));
  const ended = new Promise<void>((resolve) => {
    outer.once('exit', () => {
      resolve();
    });
  });
  const dispose = async (): Promise<void> => {
    // PID 1 of the namespace goes with its parent.
    outer.kill('SIGKILL');
    await ended;
    await eventually(async () => {
      await removeCgroup(cgroup);
      return true;
    }, 100);
    await rm(scratch, { recursive: true });
  };

  const childOf = (pid: string): string => read(`/proc/${pid}/task/${pid}/children`).split(' ')[0] ?? '';
  const pidOfInit = (): string | undefined => {
    if (outer.exitCode !== null) throw new Error(`systemd did not boot: ${messages}`);
    const child = childOf(childOf(String(outer.pid ?? 0)));
    return read(`/proc/${child}/comm`) === 'systemd\n' ? child : undefined;
  };
  /** Names the process that commands go to; each boot has another one. */
  const pidFile = join(scratch, 'pid');
  const enterNamespaces =
    'exec nsenter --target="$(cat "$0")" --mount --pid --cgroup --ipc --uts --root --wd' +
    ' env -u XDG_RUNTIME_DIR -u DBUS_SESSION_BUS_ADDRESS "$@"';
  try {
    const enter = ['sh', '-c', enterNamespaces, pidFile] as const;
    const run: SystemdNamespace['run'] = (file, ...args) => {
      const [nsenter, ...options] = enter;
      return runHere({ file: nsenter, args: [...options, file, ...args] });
    };
    const mustRun: SystemdNamespace['mustRun'] = async (file, ...args) => {
      const { exitCode, stdout, stderr } = await run(file, ...args);
      if (exitCode !== 0) throw new Error(`${[file, ...args].join(' ')} ended with ${exitCode}: ${stdout}${stderr}`);
      return stdout;
    };
    const boot = async (): Promise<void> => {
      outer.stdin.write('\n');
      const begun = await eventually(pidOfInit, 100).catch((cause: unknown) => {
        throw new Error(`systemd did not boot: ${messages}`, { cause });
      });
      await writeFile(pidFile, begun);
      await eventually(async () => {
        if (!isAlive(Number(begun))) throw new Error(`systemd has ended: ${messages}`);
        return (await run('test', '-S', '/run/systemd/private')).exitCode === 0 ? true : undefined;
      }, 100);
      const state = (await run('systemctl', 'is-system-running', '--wait')).stdout.trim();
      if (state !== 'running') throw new Error(`systemd is ${state}: ${(await run('systemctl', '--failed')).stdout}`);
    };
    await boot();
    const init = (): number => Number(read(pidFile));
    const reboot: SystemdNamespace['reboot'] = async (meanwhile) => {
      const ended = init();
      process.kill(ended, 'SIGKILL');
      await eventually(() => (isAlive(ended) ? undefined : true));
      meanwhile();
      await boot();
    };

    const accountInside = (account: Account): Account => ({ ...account, prefix: [...enter, ...account.prefix] });
    const runtimeDir = `/run/user/${userId}`;
    const awaitUser = async (): Promise<void> => {
      await eventually(async () => {
        const { exitCode } = await run('test', '-S', `${runtimeDir}/systemd/private`);
        return exitCode === 0 ? true : undefined;
      }, 100);
    };
    const addUser: SystemdNamespace['addUser'] = async (home) => {
      await mustRun(
        'useradd',
        `--uid=${userId}`,
        '--user-group',
        '--groups=systemd-journal',
        `--home-dir=${home}`,
        'user',
      );
      await mustRun('loginctl', 'enable-linger', 'user');
      await awaitUser();
      const become = ['setpriv', `--reuid=${userId}`, `--regid=${userId}`, '--init-groups'];
      const session = [
        `XDG_RUNTIME_DIR=${runtimeDir}`,
        `DBUS_SESSION_BUS_ADDRESS=unix:path=${runtimeDir}/bus`,
        // Wherever HOME leads: that is where this systemd looks for units.
        `XDG_CONFIG_HOME=${home}/.config`,
      ];
      return {
        name: 'an ordinary user with a systemd',
        uid: userId,
        gid: userId,
        prefix: [...enter, ...become, 'env', ...session],
      };
    };
    return { enter: [...enter], init, run, mustRun, accountInside, addUser, awaitUser, reboot, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
};
