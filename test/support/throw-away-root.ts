import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunResult } from '../../src/system/ports.js';
import { createRun } from '../../src/system/run.js';
import { repository } from './repository.js';
import { eventually } from './waiting.js';

/** Takes root, in a place where root may mount: many containers do not allow it. */
export const canThrowAway =
  process.getuid?.() === 0 && spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status === 0;

// Everything that is mounted here belongs to a private mount namespace: it is gone when its last process is.
const enter = `
mount -t tmpfs tmpfs "$SCRATCH"
mkdir "$SCRATCH/upper" "$SCRATCH/work" "$SCRATCH/root"
mount -t overlay -o "lowerdir=/,upperdir=$SCRATCH/upper,workdir=$SCRATCH/work" overlay "$SCRATCH/root"
cd "$SCRATCH/root"
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs -o mode=755 tmpfs run
mkdir -p ".$REPOSITORY"
mount --rbind "$REPOSITORY" ".$REPOSITORY"
if [ -s /etc/resolv.conf ]; then mount --bind /etc/resolv.conf etc/resolv.conf; fi
exec chroot . "$@"
`;

const unshare = (file: string, ...args: readonly string[]): { readonly file: string; readonly args: string[] } => ({
  file: 'unshare',
  args: [
    ...['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'],
    ...['sh', '-eu', '-c', enter, 'enter', file, ...args],
  ],
});

const makeScratch = async (): Promise<{ readonly scratch: string; readonly env: Readonly<Record<string, string>> }> => {
  const scratch = await mkdtemp(join(tmpdir(), 'root-'));
  return { scratch, env: { SCRATCH: scratch, REPOSITORY: repository } };
};

/**
 * Runs a shell script as root on a copy of this machine: it may change every file and install packages, and nothing of
 * it, processes included, is left when it ends. The network is the machine's. Variables for the script: `REPOSITORY`.
 */
export const inThrowAwayRoot = async (script: string): Promise<RunResult> => {
  const { scratch, env } = await makeScratch();
  try {
    return await createRun(process.env)({ ...unshare('sh', '-eu', '-c', script), env });
  } finally {
    await rmdir(scratch);
  }
};

/** A copy of this machine that stays until it is stopped. */
export interface ThrowAwayMachine {
  /** Runs a command in it, as root, with this machine's network. PIDs are the copy's own. */
  readonly run: (file: string, ...args: readonly string[]) => Promise<RunResult>;
  readonly stop: () => Promise<void>;
}

// bash, as PID 1, waits for every orphan while it waits for sleep.
const idle = 'while :; do sleep 0.1; done';

const onlyChildOf = (pid: number): string | undefined =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim() || undefined;

/** Starts a copy of this machine, as inThrowAwayRoot does. */
export const startThrowAwayMachine = async (): Promise<ThrowAwayMachine> => {
  const { scratch, env } = await makeScratch();
  const { file, args } = unshare('bash', '-c', idle);
  const holder = spawn(file, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
  const ended = once(holder, 'exit');
  const first = await eventually(() => {
    const child = onlyChildOf(holder.pid ?? 0);
    // Until then it is the shell that mounts.
    return child !== undefined && readFileSync(`/proc/${child}/comm`, 'utf8') === 'bash\n' ? child : undefined;
  });
  const runInside = createRun({ PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' });
  return {
    run: (program, ...rest) =>
      runInside({ file: 'nsenter', args: ['-t', first, '-m', '-p', '-r', '-w', '--', program, ...rest] }),
    stop: async () => {
      holder.kill('SIGKILL');
      await ended;
      await eventually(() => rmdir(scratch).then(() => true));
    },
  };
};
