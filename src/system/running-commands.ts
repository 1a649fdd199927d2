import { readdir, readFile } from 'node:fs/promises';
import { mapConcurrently } from './map-concurrently.js';
import type { Run } from './ports.js';

/** A living process with its command line, words separated by spaces. */
export interface RunningCommand {
  readonly pid: number;
  readonly command: string;
}

/** What all processes run that we can see; those that have ended, or belong to the kernel, run nothing. */
export const runningCommands = async (run: Run): Promise<readonly RunningCommand[]> => {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name));
  if (pids.length > 0) {
    const commands = await mapConcurrently(pids, 16, async (pid) => ({
      pid: Number(pid),
      // Unlike the rest, this is in the memory of a process, which may be one that hangs.
      command: (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ').trim(),
    }));
    return commands.filter(({ command }) => command !== '');
  }
  const { stdout } = await run({ file: 'ps', args: ['-axww', '-o', 'pid=', '-o', 'command='], env: { LC_ALL: 'C' } });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, command] = /^\s*(\d+)\s+(.*\S)/.exec(line) ?? [];
    return pid === undefined || command === undefined ? [] : [{ pid: Number(pid), command }];
  });
};
