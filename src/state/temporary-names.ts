import { lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { errnoOf } from './file-errors.js';

/*
 * What a command makes for as long as it works, or until it is complete and gets its real name, says in its own name whose it
 * is: by PID, start time, boot and PID namespace of that command. When it was killed, the next one that works in the same
 * directory takes it away. Nothing is looked up but in /proc: names are needed where nobody may wait.
 */

const prefix = 'nix-processmgmt-ts';

const textOf = (read: () => string): string => {
  try {
    return read();
  } catch {
    return '';
  }
};

/** When a process started, in the kernel's own count; empty where there is no /proc, or no such process. */
const startOf = (pid: number): string => {
  const stat = textOf(() => readFileSync(`/proc/${String(pid)}/stat`, 'utf8'));
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended.
  return state === undefined || /[ZXx]/.test(state) ? '' : (fields[18] ?? '');
};

/** Tells the places apart in which a PID and a start time mean one process: this boot of this machine, and a namespace of it. */
const placeOfProcesses = (): string => {
  const boot = textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')).slice(0, 8);
  const namespace = /\d+/.exec(textOf(() => readlinkSync('/proc/self/ns/pid')))?.[0];
  return `${boot || '0'}.${namespace ?? '0'}`;
};

const markOf = (): string => `${startOf(process.pid) || '0'}-${placeOfProcesses()}`;

const madeBy = new RegExp(`^(?:\\.tmp-)?${prefix}-(\\d+)-([0-9a-f]+\\.\\d+)-(\\d+)-`);

/** After which time, in milliseconds, nobody works on what was made where its maker cannot be seen. */
const abandonedAfter = 86_400_000;

const isGone = (pid: number, start: string): boolean => {
  if (start !== '0') return startOf(pid) !== start;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return errnoOf(error) === 'ESRCH';
  }
};

/** A directory in TMPDIR may hold roots of a command that goes on for as long as its services do, in another container. */
const mayLiveElsewhere = (name: string, place: string, here: string): boolean =>
  !name.startsWith('.tmp-') && place.split('.')[0] === here.split('.')[0];

/** Whether it is ours to remove: our own, or root's where nobody else can have put it. */
const isOurs = (directory: string, owner: number): boolean => {
  const self = process.geteuid?.();
  if (owner === self) return true;
  const { uid, mode } = lstatSync(directory);
  return self === 0 && uid === 0 && (mode & 0o022) === 0;
};

const swept = new Set<string>();

/**
 * Removes what commands that were killed have left in a directory, once while a command runs. What cannot be looked at or
 * removed stays.
 */
export const sweepTemporaries = (directory: string): void => {
  if (swept.has(directory)) return;
  swept.add(directory);
  const here = placeOfProcesses();
  for (const name of namesIn(directory)) {
    const [, start = '', place, pid] = madeBy.exec(name) ?? [];
    if (place === undefined) continue;
    const path = join(directory, name);
    try {
      const { uid, mtimeMs } = lstatSync(path);
      const isLeft =
        place === here
          ? isGone(Number(pid), start)
          : !mayLiveElsewhere(name, place, here) && Date.now() - mtimeMs > abandonedAfter;
      if (isLeft && isOurs(directory, uid)) rmSync(path, { recursive: true, force: true });
    } catch {
      // Somebody else has taken it away, or it is not ours.
    }
  }
};

const namesIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
};

/** For a process that is going to end before its time: takes away what it has made where {@link sweepTemporaries} has looked. */
export const removeOwnTemporaries = (): void => {
  const mark = `${prefix}-${markOf()}-${String(process.pid)}-`;
  for (const directory of swept) {
    const own = namesIn(directory).filter((name) => name.startsWith(mark) || name.startsWith(`.tmp-${mark}`));
    for (const name of own) {
      try {
        rmSync(join(directory, name), { recursive: true, force: true });
      } catch {
        // The next command tries again.
      }
    }
  }
};

let counter = 0;

/**
 * A name beside `path`, which nobody else uses, for what is going to be renamed to it. It does not end as `path` does:
 * managers read all files of a directory that end in .pr, .service or .conf. Sweeps the directory.
 */
export const temporaryBeside = (path: string): string => {
  const directory = dirname(path);
  sweepTemporaries(directory);
  counter += 1;
  const mark = `${markOf()}-${String(process.pid)}-${String(counter)}`;
  // Names have at most 255 bytes.
  return join(directory, `.tmp-${prefix}-${mark}-${basename(path).slice(0, 60)}.tmp`);
};

/** How tmp-promise is to call what it makes in TMPDIR, which is swept: the PID follows. */
export const temporaryOptions = (directory = tmpdir()): { readonly prefix: string; readonly unsafeCleanup: true } => {
  sweepTemporaries(directory);
  return { prefix: `${prefix}-${markOf()}`, unsafeCleanup: true };
};
