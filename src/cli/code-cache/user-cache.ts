import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Script } from 'node:vm';
import { codeCacheOf, programHash } from './code-cache.js';

/** Days after which another version's caches go; one that is still in use makes its own again. */
const daysKept = 30;

/** Nobody but the user and root can put another file or directory in the place of one that lies there. */
const isSafe = (stats: Stats): boolean =>
  stats.isDirectory() &&
  (stats.uid === 0 || stats.uid === process.geteuid?.()) &&
  ((stats.mode & 0o022) === 0 || (stats.mode & 0o1000) !== 0);

const cachesOfUser = (): string => {
  const given = process.env['XDG_CACHE_HOME'] ?? '';
  return given.startsWith('/') ? realpathSync(given) : join(realpathSync(homedir()), '.cache');
};

/**
 * Whoever can write compiled code can have us run what they like, so all directories on the way have to be safe. Root, for
 * one, has no cache in the home of somebody else, as with sudo.
 *
 * @param make those that are missing
 * @throws Error where a directory is not safe, or is missing
 */
const directoryOf = (command: string, make: boolean): string =>
  [...cachesOfUser().split('/').slice(1), 'nix-processmgmt-ts', programHash, command].reduce((above, name) => {
    const path = join(above, name);
    if (make && !existsSync(path)) mkdirSync(path, { mode: 0o700 });
    if (!isSafe(lstatSync(path))) throw new Error(`others can write to ${path}`);
    return path;
  }, '/');

/** What other versions have left. */
const removeOld = (versions: string): void => {
  const oldest = Date.now() - daysKept * 24 * 60 * 60 * 1000;
  for (const name of readdirSync(versions)) {
    const path = join(versions, name);
    if (statSync(path).mtimeMs < oldest) rmSync(path, { recursive: true, force: true });
  }
};

/** Compiled code that is kept for the user, where the build has left none for this Node.js. */
export interface UserCache {
  /** @returns undefined when there is none, or none that may be used */
  readonly read: (file: string) => Buffer | undefined;
  /** Writes what was compiled of a file until now. That nothing can be written is no failure. */
  readonly write: (file: string, script: Script) => void;
}

/** @param command each has a cache of its own, of the functions that it calls */
export const userCache = (command: string): UserCache => ({
  read: (file) => {
    try {
      const cache = join(directoryOf(command, false), basename(codeCacheOf(file)));
      const stats = lstatSync(cache);
      const isOurs = stats.uid === process.geteuid?.() && (stats.mode & 0o022) === 0;
      return isOurs ? readFileSync(cache) : undefined;
    } catch {
      return undefined;
    }
  },
  write: (file, script) => {
    try {
      const directory = directoryOf(command, true);
      const cache = join(directory, basename(codeCacheOf(file)));
      const writing = `${cache}.${process.pid}`;
      writeFileSync(writing, script.createCachedData(), { mode: 0o600, flag: 'wx' });
      renameSync(writing, cache);
      removeOld(dirname(dirname(directory)));
    } catch {
      // It is as fast as it was.
    }
  },
});
