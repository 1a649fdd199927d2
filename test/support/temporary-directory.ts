import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRun } from '../../src/system/run.js';

export interface TemporaryDirectory {
  readonly path: string;
  /** Works for a tree with a Nix store in it too, whose directories are read-only. */
  readonly remove: () => Promise<void>;
}

const run = createRun(process.env);

/** Where services whose records are below a directory have their control groups, when root starts them; null for nowhere. */
const controlGroupsBelow = (path: string): string | null => {
  const text = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  const mount = /^\S+ (\S+) cgroup2 /m.exec(text('/proc/self/mounts'))?.[1];
  const own = /^0::(.*)$/m.exec(text('/proc/self/cgroup'))?.[1];
  return mount === undefined || own === undefined ? null : join(mount, own, 'nixproc.instances', path);
};

/** A directory of its own, readable for every user. The path is short, since sockets end up below it. */
export const makeTemporaryDirectory = async (): Promise<TemporaryDirectory> => {
  const path = await mkdtemp(join(tmpdir(), 'np-'));
  await chmod(path, 0o755);
  return {
    path,
    remove: async () => {
      await run({ file: 'chmod', args: ['-R', 'u+w', path] });
      await run({ file: 'rm', args: ['-rf', path] });
      const groups = controlGroupsBelow(path);
      if (groups === null || !existsSync(groups)) return;
      // With those above that hold nothing else.
      await run({ file: 'find', args: [groups, '-depth', '-type', 'd', '-exec', 'rmdir', '-p', '{}', ';'] });
    },
  };
};
