import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRun } from '../../src/system/run.js';
import { controlGroupsBelow } from './control-groups.js';

export interface TemporaryDirectory {
  readonly path: string;
  /** Works for a tree with a Nix store in it too, whose directories are read-only. */
  readonly remove: () => Promise<void>;
}

const run = createRun(process.env);

/** A directory of its own, readable for every user. The path is short, since sockets end up below it. */
export const makeTemporaryDirectory = async (): Promise<TemporaryDirectory> => {
  const path = await mkdtemp(join(tmpdir(), 'np-'));
  await chmod(path, 0o755);
  return {
    path,
    remove: async () => {
      await run({ file: 'chmod', args: ['-R', 'u+w', path] });
      await run({ file: 'rm', args: ['-rf', path] });
      // The innermost come last; with those above that hold nothing else.
      for (const group of controlGroupsBelow(path).toReversed()) await run({ file: 'rmdir', args: ['-p', group] });
    },
  };
};
