import { createHash } from 'node:crypto';
import type { Accounts } from '../../../credentials/accounts.js';
import type { WrittenImage } from '../activation-data.js';

/** /etc/passwd and /etc/group of an image. */
export interface AccountFiles {
  readonly passwd: string;
  readonly group: string;
}

/** IDs that no system gives by itself (login.defs(5) ends at 60000), below what a rootless engine has (subuid(5): 65536). */
const firstId = 40_000;
const ids = 20_000;

/** Gives names that have no number one that depends on the name, and is nobody else's in the image. */
class Numbers {
  readonly #taken: Set<number>;

  constructor(taken: Iterable<number>) {
    this.#taken = new Set(taken);
  }

  of(name: string): number {
    let offset = createHash('sha256').update(name).digest().readUInt32BE() % ids;
    while (this.#taken.has(firstId + offset)) offset = (offset + 1) % ids;
    this.#taken.add(firstId + offset);
    return firstId + offset;
  }
}

const nobody = 65_534;

/** A field of passwd(5) ends at a colon or a line feed. */
const field = (text: string): string => text.replace(/[:\n]/g, ' ');

/** What passwd(5) says of a user. */
interface PasswordEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly description: string;
  readonly homeDir: string;
  readonly shell: string;
}

/**
 * The users and groups of an image. A user who exists on the host has the same numbers in the container, so that files in
 * directories of both belong to the same one; else the model's numbers count, else one is made of the name.
 *
 * @param host the host's accounts of these names
 * @param caller a further user whom the container runs as, or null
 */
export const accountFiles = (
  { users, groups, otherUsers }: Pick<WrittenImage, 'users' | 'groups' | 'otherUsers'>,
  host: Accounts,
  caller: { readonly name: string; readonly uid: number; readonly gid: number; readonly homeDir: string } | null,
): AccountFiles => {
  const hostUser = new Map(host.users.map((user) => [user.name, user]));
  const hostGroup = new Map(host.groups.map((group) => [group.name, group.gid]));
  const gids = new Map<string, number>([
    ['root', 0],
    ['nogroup', nobody],
  ]);
  const known = [...host.groups.map(({ gid }) => gid), ...groups.flatMap(({ gid }) => gid ?? [])];
  const newGids = new Numbers(known);
  for (const { name, gid } of groups) gids.set(name, hostGroup.get(name) ?? gid ?? newGids.of(name));
  const gidOf = (group: string): number => {
    const gid = gids.get(group) ?? hostGroup.get(group) ?? newGids.of(group);
    gids.set(group, gid);
    return gid;
  };

  const newUids = new Numbers([...host.users.map(({ uid }) => uid), ...users.flatMap(({ uid }) => uid ?? [])]);
  const lines = new Map<string, string>();
  const add = ({ name, uid, gid, description, homeDir, shell }: PasswordEntry): void => {
    lines.set(name, [name, 'x', String(uid), String(gid), field(description), field(homeDir), field(shell)].join(':'));
  };
  add({ name: 'root', uid: 0, gid: 0, description: 'root', homeDir: '/root', shell: '/bin/sh' });
  add({ name: 'nobody', uid: nobody, gid: nobody, description: 'nobody', homeDir: '/', shell: '/bin/false' });
  for (const { name, uid, group, description, homeDir, shell } of users) {
    const own = hostUser.get(name);
    const gid = own?.gid ?? gidOf(group ?? name);
    if (own !== undefined) gids.set(host.groups.find((each) => each.gid === gid)?.name ?? group ?? name, gid);
    add({
      name,
      uid: own?.uid ?? uid ?? newUids.of(name),
      gid,
      description,
      homeDir: homeDir ?? '/',
      shell: shell ?? '/bin/sh',
    });
  }
  for (const name of otherUsers) {
    const own = hostUser.get(name);
    if (own !== undefined) add({ ...own, name });
  }
  if (caller !== null && !lines.has(caller.name)) {
    add({ ...caller, description: '', shell: '/bin/sh' });
  }
  const text = (all: Iterable<string>): string => [...all].map((line) => `${line}\n`).join('');
  return {
    passwd: text(lines.values()),
    group: text([...gids].map(([name, gid]) => `${name}:x:${gid}:`)),
  };
};
