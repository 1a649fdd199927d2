import { readdir, readFile, readlink } from 'node:fs/promises';
import { mapConcurrently } from './map-concurrently.js';

/** A TCP socket that somebody listens at. */
export interface ListeningSocket {
  readonly port: number;
  /** "127.0.0.1", "0.0.0.0", "::1" … */
  readonly address: string;
  /** Whose it is. */
  readonly uid: number;
  /** The number that /proc/PID/fd names it by. */
  readonly inode: string;
}

/** A listening socket with the process that has it open. */
export interface PortHolder extends ListeningSocket {
  /** Null when the caller may not see it: it is another user's. */
  readonly pid: number | null;
  /** Its command line, words separated by spaces; null when it is not known. */
  readonly command: string | null;
  /** Its parent, the parent of that, and so on. */
  readonly ancestors: readonly number[];
}

/** The kernel writes addresses as words of the machine's own byte order, which is little-endian wherever Node.js runs Linux. */
const addressOf = (hex: string): string => {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse()).map((byte) => Number.parseInt(byte, 16));
  if (bytes.length === 4) return bytes.join('.');
  // ::ffff:127.0.0.1, which an IPv6 socket has that takes IPv4 connections alone.
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (isMapped) return bytes.slice(12).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0));
  return new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]`).hostname.slice(1, -1);
};

/** The state TCP_LISTEN (include/net/tcp_states.h). */
const listening = '0A';

/** Reads /proc/net/tcp or /proc/net/tcp6 (proc(5)). */
export const parseListeningSockets = (text: string): readonly ListeningSocket[] =>
  text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', , state, , , , uid, , inode] = line.trim().split(/\s+/);
      const [address, port] = local.split(':');
      if (state !== listening || address === undefined || port === undefined || inode === undefined) return [];
      return [{ port: Number.parseInt(port, 16), address: addressOf(address), uid: Number(uid), inode }];
    });

/** What is not there, or not ours to read, says nothing. */
const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** Field 4 of /proc/PID/stat; the program's name before it may hold anything. */
const parentOf = async (pid: number): Promise<number | null> => {
  const stat = await textOf(`/proc/${pid}/stat`);
  const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return parent === undefined || parent === '' || parent === '0' ? null : Number(parent);
};

const ancestorsOf = async (pid: number): Promise<readonly number[]> => {
  const ancestors: number[] = [];
  for (let at = await parentOf(pid); at !== null && !ancestors.includes(at); at = await parentOf(at))
    ancestors.push(at);
  return ancestors;
};

/** Which of these sockets a process has open. */
const socketsOf = async (pid: string, inodes: ReadonlySet<string>): Promise<readonly string[]> => {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const targets = await Promise.all(descriptors.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  return targets.flatMap((target) => {
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    return inode !== undefined && inodes.has(inode) ? [inode] : [];
  });
};

/**
 * Which of some processes listen at one of some ports of this machine. Where there is no /proc nobody does.
 *
 * @returns PIDs
 */
export const listenersAmong = async (
  pids: readonly number[],
  ports: ReadonlySet<number>,
): Promise<ReadonlySet<number>> => {
  if (pids.length === 0 || ports.size === 0) return new Set();
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(textOf));
  const sockets = tables.flatMap(parseListeningSockets).filter(({ port }) => ports.has(port));
  const inodes = new Set(sockets.map(({ inode }) => inode));
  if (inodes.size === 0) return new Set();
  const found = await mapConcurrently(pids, 16, async (pid) =>
    (await socketsOf(String(pid), inodes)).length > 0 ? [pid] : [],
  );
  return new Set(found.flat());
};

/**
 * Finds out who listens at some ports of this machine (of the network namespace that we are in), without running
 * anything. Where there is no /proc nobody is found.
 */
export const findPortHolders = async (ports: ReadonlySet<number>): Promise<readonly PortHolder[]> => {
  if (ports.size === 0) return [];
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(textOf));
  const sockets = tables.flatMap(parseListeningSockets).filter(({ port }) => ports.has(port));
  if (sockets.length === 0) return [];
  const inodes = new Set(sockets.map(({ inode }) => inode));
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(a) - Number(b));
  const found = await mapConcurrently(pids, 16, async (pid) => ({
    pid: Number(pid),
    has: await socketsOf(pid, inodes),
  }));
  return Promise.all(
    sockets.map(async (socket) => {
      // Of a server and its children the one that was there first.
      const pid = found.find(({ has }) => has.includes(socket.inode))?.pid ?? null;
      if (pid === null) return { ...socket, pid, command: null, ancestors: [] };
      const command = (await textOf(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ').trim();
      return { ...socket, pid, command: command === '' ? null : command, ancestors: await ancestorsOf(pid) };
    }),
  );
};
