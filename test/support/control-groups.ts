import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

/** Where control groups of version 2 are mounted; null for nowhere. */
export const controlGroupMount = (): string | null =>
  /^\S+ (\S+) cgroup2 /m.exec(textOf('/proc/self/mounts'))?.[1] ?? null;

const below = (directory: string): readonly string[] =>
  readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => [join(directory, name), ...below(join(directory, name))]);

/**
 * The control groups of instances whose runtime directory is below a path, when root starts them from here: directories, each
 * before those in it.
 */
export const controlGroupsBelow = (path: string): readonly string[] => {
  const mount = controlGroupMount();
  const own = /^0::(.*)$/m.exec(textOf('/proc/self/cgroup'))?.[1];
  if (mount === null || own === undefined) return [];
  const top = join(mount, own, 'nixproc.instances', path);
  return existsSync(top) ? [top, ...below(top)] : [];
};
