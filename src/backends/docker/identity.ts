import { readFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { errnoOf } from '../../state/file-errors.js';
import { isRootless, type ContainerEngine } from './engine.js';
import type { Caller } from './image/resolve-image.js';

/** Who processes are in their containers when nobody may become somebody else. */
export interface Identity {
  /** Whom images have to know as well; null for nobody. */
  readonly caller: Caller | null;
  /** Words for `create`. */
  readonly createArguments: readonly string[];
  /** What the user should know about it. */
  readonly remarks: readonly string[];
}

/** As the image says: root, or the user of the process. */
const ofImage: Identity = { caller: null, createArguments: [], remarks: [] };

const currentUser = (): Caller => {
  try {
    const { username: name, uid, gid, homedir: homeDir } = userInfo();
    return { name, uid, gid, homeDir };
  } catch (error) {
    // A user without an account works with the tool as well.
    if (errnoOf(error) === undefined) throw error;
    const uid = process.getuid?.() ?? 0;
    return { name: `user${uid}`, uid, gid: process.getgid?.() ?? 0, homeDir: homedir() };
  }
};

/** Whether a user has IDs besides the own one to give away (subuid(5), subgid(5)). */
const hasSubordinateIds = async ({ name, uid }: Caller): Promise<boolean> => {
  const lists = await Promise.all(
    ['/etc/subuid', '/etc/subgid'].map((file) =>
      readFile(file, 'utf8').catch((error: unknown) => {
        if (errnoOf(error) === undefined) throw error;
        return '';
      }),
    ),
  );
  return lists.every((list) => list.split('\n').some((line) => [name, String(uid)].includes(line.split(':')[0] ?? '')));
};

/**
 * With user changes disabled, processes have to be the caller, whose files they work on:
 * - an engine that belongs to root is told so;
 * - in a rootless Podman the caller keeps the own number, where there are others for the image's files;
 * - else the caller is root inside, and nobody but the caller outside.
 */
export const findIdentity = async (
  engine: ContainerEngine,
  forceDisableUserChange: boolean,
  caller: Caller = currentUser(),
): Promise<Identity> => {
  const { name, uid, gid } = caller;
  if (!forceDisableUserChange || uid <= 0) return ofImage;
  if (!(await isRootless(engine))) return { caller, createArguments: ['--user', `${uid}:${gid}`], remarks: [] };
  if (engine.isPodman && (await hasSubordinateIds(caller))) {
    return { caller, createArguments: ['--userns', 'keep-id'], remarks: [] };
  }
  return {
    ...ofImage,
    remarks: [
      `processes take themselves for root in their containers, where root is ${name}; some then try to become somebody else, and fail${
        engine.isPodman ? ` (with IDs in /etc/subuid and /etc/subgid they know that they are ${name})` : ''
      }`,
    ],
  };
};
