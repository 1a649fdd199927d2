import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, writeFileSync, appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRun } from '../../src/system/run.js';
import { errnoOf } from '../../src/state/file-errors.js';
import type { SystemdNamespace } from './systemd-namespace.js';
import { eventually } from './waiting.js';

/** Directories on small file systems of their own, which only what runs here sees. */
export interface SmallDisks {
  /** Words that run a command where they are; the processes are this machine's. */
  readonly enter: readonly string[];
  /** Where somebody outside finds a path of theirs. */
  readonly inside: (path: string) => string;
  /** Leaves no room on any of them, or so many blocks of 4096 bytes on each. */
  readonly fill: (blocksLeft?: number) => void;
  /** Leaves room for no file on any of them. */
  readonly useUpFiles: () => void;
  /** Takes away what fills them. */
  readonly clear: () => void;
  /** Lets nobody write below these directories any more, but for who has opened a file before. */
  readonly makeReadOnly: (directories: readonly string[]) => Promise<void>;
  /** Undoes that. */
  readonly makeWritable: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const blockSize = 4096;

/** Writes until there is no room. */
const writeAll = (file: string): void => {
  const block = Buffer.alloc(blockSize);
  try {
    for (;;) appendFileSync(file, block);
  } catch (error) {
    if (errnoOf(error) !== 'ENOSPC') throw error;
  }
};

const makeAllFiles = (directory: string): void => {
  try {
    for (let number = 0; ; number += 1) writeFileSync(join(directory, `filler-${number}`), '');
  } catch (error) {
    if (errnoOf(error) !== 'ENOSPC') throw error;
  }
};

const mountCommands = 'for d do mount -t tmpfs -o size=4m,nr_inodes=400,mode=755 tmpfs "$d"; done';

const run = createRun(process.env);

/** @param pid of a process in the mount namespace that they are in */
const smallDisksOf = (
  pid: string,
  directories: readonly string[],
  { enter, stop }: Pick<SmallDisks, 'enter' | 'stop'>,
): SmallDisks => {
  const inside = (path: string): string => join('/proc', pid, 'root', path);
  const readOnly: string[] = [];
  const mountCommand = async (script: string, paths: readonly string[]): Promise<void> => {
    for (const path of paths) {
      const [file = '', ...words] = enter;
      const { exitCode, stderr } = await run({ file, args: [...words, 'sh', '-euc', script, 'sh', path] });
      if (exitCode !== 0) throw new Error(stderr);
    }
  };
  const clear = (): void => {
    for (const directory of directories.map(inside)) {
      const fillers = readdirSync(directory).filter((name) => name.startsWith('filler'));
      for (const name of fillers) rmSync(join(directory, name));
    }
  };
  return {
    enter,
    inside,
    clear,
    fill: (blocksLeft = 0) => {
      for (const directory of directories.map(inside)) {
        writeFileSync(join(directory, 'filler-left'), Buffer.alloc(blocksLeft * blockSize));
        writeAll(join(directory, 'filler'));
        rmSync(join(directory, 'filler-left'));
      }
    },
    useUpFiles: () => {
      for (const directory of directories.map(inside)) makeAllFiles(directory);
    },
    makeReadOnly: async (paths) => {
      // By a mount on top: one that somebody has opened a file of for writing cannot become read-only itself.
      await mountCommand('mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"', paths);
      readOnly.push(...paths);
    },
    makeWritable: () => mountCommand('umount -l "$1"', readOnly.splice(0)),
    stop,
  };
};

/** Mounts a small tmpfs on each of these directories, in a mount namespace of its own. Takes root. */
export const mountSmallDisks = async (directories: readonly string[]): Promise<SmallDisks> => {
  const script = `${mountCommands}; exec sleep infinity`;
  const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-euc', script, 'sh', ...directories], {
    stdio: 'ignore',
  });
  const ended = once(holder, 'exit');
  const pid = String(holder.pid);
  await eventually(async () => {
    const { stdout } = await run({ file: 'ps', args: ['-o', 'args=', '-p', pid] });
    return stdout.startsWith('sleep');
  });
  return smallDisksOf(pid, directories, {
    enter: ['nsenter', '-t', pid, '-m', '--wdns=/', '--'],
    stop: async () => {
      holder.kill('SIGKILL');
      await ended;
    },
  });
};

/** The same where a systemd of a test is, with which they go. */
export const mountSmallDisksUnder = async (
  { enter, init, mustRun }: Pick<SystemdNamespace, 'enter' | 'init' | 'mustRun'>,
  directories: readonly string[],
): Promise<SmallDisks> => {
  await mustRun('sh', '-euc', mountCommands, 'sh', ...directories);
  return smallDisksOf(String(init()), directories, { enter, stop: () => Promise.resolve() });
};
