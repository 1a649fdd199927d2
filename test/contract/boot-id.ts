import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Account } from '../support/accounts.js';
import { isRoot } from '../support/is-root.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';

/** Lets programs believe that the machine has booted again. */
export interface OwnBoot {
  /** The same person; what they run sees this boot's ID. */
  readonly account: Account;
  /** What runs from now on sees another ID. */
  readonly next: () => void;
  readonly dispose: () => Promise<void>;
}

// Each command gets mounts of its own, where the kernel's ID is hidden by ours.
const hide = 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"';

/** Mounts are root's: for everybody else the ID is always the machine's. */
export const ownBoot = async (account: Account): Promise<OwnBoot> => {
  if (!isRoot) return { account, next: () => undefined, dispose: () => Promise.resolve() };
  const directory = await makeTemporaryDirectory();
  const file = join(directory.path, 'boot-id');
  const next = (): void => {
    writeFileSync(file, `${randomUUID()}\n`);
  };
  next();
  return {
    account: {
      ...account,
      prefix: ['unshare', '--mount', '--propagation', 'private', 'sh', '-euc', hide, file, ...account.prefix],
    },
    next,
    dispose: directory.remove,
  };
};
