import { readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** Where control groups of version 2 are mounted; null for nowhere. */
const mountPoint = (): string | null => /^\S+ (\S+) cgroup2 /m.exec(textOf('/proc/self/mounts'))?.[1] ?? null;

/** Whether it was empty, and is gone. */
const remove = (path: string): boolean => {
  try {
    rmdirSync(path);
    return true;
  } catch {
    return false;
  }
};

const entriesOf = (path: string): readonly string[] => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};

/**
 * Removes those of these control groups, and of the starts beside them, in which there is nobody any more, with the groups
 * above them that held nothing else.
 *
 * @param paths as /proc/PID/cgroup has them
 * @param top the name of the topmost group that may be removed
 */
export const removeControlGroups = (paths: ReadonlySet<string>, top: string): void => {
  const mount = mountPoint();
  if (mount === null) return;
  for (const path of paths) {
    const parent = dirname(join(mount, path));
    for (const entry of entriesOf(parent)) if (entry.startsWith('start-')) remove(join(parent, entry));
    for (let at = parent; at.includes(`/${top}`) && remove(at); at = dirname(at));
  }
};
