import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProcessFacts } from './process-list.js';

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
 * Removes those control groups of instances in which there is nobody any more, with the groups above them that held nothing
 * else. They are looked for below the groups of processes that live: of whoever has started the instances.
 *
 * @param keys what the groups are called, `/…`
 * @param top the name of the topmost group that may be removed
 */
export const removeEmptyGroups = (
  keys: readonly string[],
  living: readonly Pick<ProcessFacts, 'controlGroup'>[],
  top: string,
): void => {
  const mount = mountPoint();
  if (mount === null) return;
  const parents = new Set(living.flatMap(({ controlGroup }) => controlGroup?.split(`/${top}/`)[0] ?? []));
  for (const parent of parents) {
    const tree = join(mount, parent, top);
    if (!existsSync(tree)) continue;
    for (const key of keys) {
      const group = join(tree, key);
      for (const entry of entriesOf(group)) if (entry.startsWith('start-')) remove(join(group, entry));
      for (let at = group; at.startsWith(tree) && remove(at); at = dirname(at));
    }
  }
};
