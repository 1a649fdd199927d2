import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const read = (pid, name) => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return ''; // it has ended, or is another user's
  }
};

/** A process that has ended counts as gone, even while its parent has not yet noticed. */
const isAlive = (pid) => {
  const stat = read(pid, 'stat');
  return stat !== '' && !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
};

/** What a process has open; nginx' workers show nothing of where they came from, but for their logs. */
const openFiles = (pid) => {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`));
  } catch {
    return [];
  }
};

/** Living processes with a path in their command line, environment or open files, but for this one. */
export const processesThatMention = (path) =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({ pid: Number(name), commandLine: read(name, 'cmdline').replaceAll('\0', ' ').trim() }))
    .filter(
      ({ pid, commandLine }) =>
        commandLine.includes(path) ||
        read(pid, 'environ').includes(path) ||
        openFiles(pid).some((file) => file.startsWith(path)),
    )
    .filter(({ pid }) => isAlive(pid));

/** Ends every process that mentions a path: politely first, by force after three seconds. */
export const endProcessesThatMention = async (path) => {
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    for (const { pid } of processesThatMention(path)) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        if (error.code !== 'ESRCH') throw error; // it was quicker
      }
    }
    for (let wait = 0; wait < 30 && processesThatMention(path).length > 0; wait++) await sleep(100);
  }
};
