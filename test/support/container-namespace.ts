import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunResult } from '../../src/system/ports.js';
import { createRun } from '../../src/system/run.js';
import type { Account } from './accounts.js';
import { podmanSettings, provideForPodman } from './podman.js';
import { isAlive } from './processes.js';
import { repository } from './repository.js';
import { makeTemporaryDirectory } from './temporary-directory.js';
import { eventually } from './waiting.js';

/** A copy of the machine in which container engines work, whatever the machine itself is like. */
export interface ContainerNamespace {
  /** Root inside, for support that runs commands as an account. */
  readonly account: Account;
  /** The same for an ordinary user, who has to be known to the copy. */
  readonly accountOf: (user: { readonly uid: number; readonly gid: number }) => Account;
  /** Runs a command inside as root. */
  readonly run: (
    file: string,
    args: readonly string[],
    env?: Readonly<Record<string, string | undefined>>,
  ) => Promise<RunResult>;
  /** Ends everything inside and takes it away. */
  readonly dispose: () => Promise<void>;
}

// crun 1.8 refuses a machine on which both versions of cgroups are mounted: below, only version 2 is, with a cgroup of
// our own as its root.
const outer = `
mount -t tmpfs -o mode=755 tmpfs "$SCRATCH/mnt"
mkdir "$SCRATCH/mnt/cgroup" "$SCRATCH/mnt/upper" "$SCRATCH/mnt/work" "$SCRATCH/mnt/root"
mount -t cgroup2 none "$SCRATCH/mnt/cgroup"
mkdir "$SCRATCH/mnt/cgroup/$CGROUP"
echo $$ > "$SCRATCH/mnt/cgroup/$CGROUP/cgroup.procs"
umount "$SCRATCH/mnt/cgroup"
exec unshare --cgroup --pid --fork --ipc --uts --kill-child=KILL sh -eu -c "$INNER"
`;

const inner = `
mount -t overlay -o "lowerdir=/,upperdir=$SCRATCH/mnt/upper,workdir=$SCRATCH/mnt/work" overlay "$SCRATCH/mnt/root"
cd "$SCRATCH/mnt/root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mkdir run/lock
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm dev/mqueue
for node in null zero full random urandom tty; do : > "dev/$node"; mount --bind "/dev/$node" "dev/$node"; done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
mount -t mqueue mqueue dev/mqueue
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mkdir -p ".$REPOSITORY"
mount --rbind "$REPOSITORY" ".$REPOSITORY"
# The same temporary files inside as outside: the tests put theirs there.
mount --rbind /tmp tmp
mkdir -p ".$TEMPORARY"
[ "$TEMPORARY" -ef ".$TEMPORARY" ] || mount --rbind "$TEMPORARY" ".$TEMPORARY"
${provideForPodman}
eval "$PREPARE"
mkdir -p oldroot
pivot_root . oldroot
cd /
umount -l /oldroot
rmdir /oldroot
mount --make-rshared /
exec env -i container=nixproc PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin catatonit -P
`;

const childOf = (pid: number): number | undefined => {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === '' ? undefined : Number(children.split(' ')[0]);
};

const removeCgroup = async (scratch: string, cgroup: string): Promise<void> => {
  const script = `mount -t cgroup2 none "$1/mnt"; [ ! -d "$1/mnt/$2" ] || find "$1/mnt/$2" -depth -type d -exec rmdir {} +`;
  await createRun(process.env)({
    file: 'unshare',
    args: ['--mount', '--propagation', 'private', 'sh', '-eu', '-c', script, 'sh', scratch, cgroup],
  });
};

/**
 * Makes a copy of this machine over its own files: what is written there is gone with it, but for temporary
 * files and the repository, which are the machine's. It has the machine's network. Needs root.
 *
 * @param prepare shell commands that run in the copy's root directory before it is entered
 */
export const createContainerNamespace = async (prepare = ':'): Promise<ContainerNamespace> => {
  const { path: scratch, remove } = await makeTemporaryDirectory();
  await mkdir(join(scratch, 'mnt'));
  const cgroup = `nixproc-${process.pid}-${scratch.slice(-6)}`;
  const log = await open(join(scratch, 'log'), 'w');
  // The namespace ends with the test that wants it, however that ends.
  const child = spawn(
    'setpriv',
    ['--pdeathsig=KILL', '--', 'unshare', '--mount', '--propagation', 'private', 'sh', '-eu', '-c', outer],
    {
      stdio: ['ignore', log.fd, log.fd],
      env: {
        PATH: process.env['PATH'],
        SCRATCH: scratch,
        CGROUP: cgroup,
        REPOSITORY: repository,
        TEMPORARY: tmpdir(),
        ...podmanSettings(),
        PREPARE: prepare,
        INNER: inner,
      },
    },
  );
  await log.close();
  child.unref();
  const { pid: outerPid } = child;
  if (outerPid === undefined) throw new Error('setpriv or unshare is missing');

  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await eventually(() => (isAlive(outerPid) ? undefined : true));
    await eventually(async () => {
      await removeCgroup(scratch, cgroup);
      return true;
    });
    await remove();
  };

  let init: number;
  try {
    init = await eventually(() => {
      if (child.exitCode !== null) throw new Error('the namespace could not be made');
      const candidate = childOf(outerPid);
      return candidate !== undefined && readFileSync(`/proc/${candidate}/comm`, 'utf8') === 'catatonit\n'
        ? candidate
        : undefined;
    });
  } catch (error) {
    const output = await readFile(join(scratch, 'log'), 'utf8');
    await end();
    throw new Error(`no namespace for containers: ${output}`, { cause: error });
  }
  await writeFile(join(scratch, 'pid'), String(init));

  const prefix = ['nsenter', '-t', String(init), '-m', '-p', '-C', '-i', '-u', '-r', '-w', '--'];
  return {
    account: { name: 'root in a namespace for containers', uid: 0, gid: 0, prefix },
    accountOf: ({ uid, gid }) => ({
      name: `user ${uid} in a namespace for containers`,
      uid,
      gid,
      prefix: [...prefix, 'setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'],
    }),
    run: (file, args, env) =>
      createRun({ PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' })({
        file: 'nsenter',
        args: [...prefix.slice(1), file, ...args],
        ...(env === undefined ? {} : { env }),
      }),
    dispose: end,
  };
};
