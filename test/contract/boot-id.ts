import { randomUUID } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRoot } from '../support/is-root.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';

/** Lets programs believe that the machine has booted again. */
export interface OwnBoot {
  /** Put before a command of root's, it has the command see this boot's ID. */
  readonly prefix: readonly string[];
  /** What runs from now on sees another ID. */
  readonly next: () => void;
  readonly dispose: () => Promise<void>;
}

// Each command gets mounts of its own, where the kernel's ID is hidden by ours. It may have a PATH without these programs.
const hide = '/bin/mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"';

/** Mounts are root's: for everybody else the ID is always the machine's. */
export const ownBoot = async (): Promise<OwnBoot> => {
  if (!isRoot) return { prefix: [], next: () => undefined, dispose: () => Promise.resolve() };
  const directory = await makeTemporaryDirectory();
  const file = join(directory.path, 'boot-id');
  const next = (): void => {
    writeFileSync(file, `${randomUUID()}\n`);
    chmodSync(file, 0o444);
  };
  next();
  return {
    prefix: ['/usr/bin/unshare', '--mount', '--propagation', 'private', '/bin/sh', '-euc', hide, file],
    next,
    dispose: directory.remove,
  };
};
