import { ActivationError } from '../../system/errors.js';
import { type AccountCommand, type AccountDialect } from '../account-dialect.js';
import type { Accounts, Group, User } from '../accounts.js';

const dscl = (...args: readonly string[]): AccountCommand => ({ file: 'dscl', args: ['.', ...args] });

type Record_ = ReadonlyMap<string, string>;

/**
 * What `dscl . -readall` prints: records that a line with a single dash separates; an attribute is `Name: value`, or
 * `Name:` with the value, indented by one blank, on the next line when it contains blanks.
 */
const parseRecords = (stdout: string): readonly Record_[] =>
  stdout.split(/^-$/m).map((block) => {
    const record = new Map<string, string>();
    let last = '';
    for (const line of block.split('\n')) {
      if (line.startsWith(' ')) {
        record.set(last, line.slice(1));
        continue;
      }
      const colon = line.indexOf(':');
      if (colon === -1) continue;
      last = line.slice(0, colon);
      record.set(last, line.slice(colon + 1).trim());
    }
    return record;
  });

const nameOf = (record: Record_): string | undefined => record.get('RecordName')?.split(' ')[0];

const parseUsers = (stdout: string): readonly User[] =>
  parseRecords(stdout).flatMap((record) => {
    const name = nameOf(record);
    const uid = record.get('UniqueID');
    const gid = record.get('PrimaryGroupID');
    if (name === undefined || uid === undefined || gid === undefined) return [];
    return [
      {
        name,
        uid: Number(uid),
        gid: Number(gid),
        description: record.get('RealName') ?? '',
        homeDir: record.get('NFSHomeDirectory') ?? '',
        shell: record.get('UserShell') ?? '',
      },
    ];
  });

const parseGroups = (stdout: string): readonly Group[] =>
  parseRecords(stdout).flatMap((record) => {
    const name = nameOf(record);
    const gid = record.get('PrimaryGroupID');
    return name === undefined || gid === undefined ? [] : [{ name, gid: Number(gid) }];
  });

/** IDs below 500 belong to the system and stay out of the login window; up to 400 Apple gives them out. */
const systemIds = Array.from({ length: 99 }, (_, index) => 401 + index);

const freeId = (kind: 'user' | 'group', used: readonly number[]): number => {
  const free = systemIds.find((id) => !used.includes(id));
  if (free !== undefined) return free;
  throw new ActivationError({
    what: `No ID is free for another system ${kind}`,
    why: 'All from 401 to 499 are in use',
    fix: `Set a ${kind === 'user' ? 'uid' : 'gid'} in the model, or remove a ${kind} that nothing needs`,
  });
};

const gidOf = (name: string, { groups }: Accounts): number => {
  const gid = groups.find((group) => group.name === name)?.gid;
  if (gid === undefined)
    throw new ActivationError({ what: `There is no group "${name}"`, fix: 'Create it, then repeat' });
  return gid;
};

const setAttributes = (
  name: string,
  attributes: Readonly<Record<string, string | undefined>>,
): readonly AccountCommand[] =>
  Object.entries(attributes).flatMap(([attribute, value]) =>
    value === undefined ? [] : [dscl('-create', `/Users/${name}`, attribute, value)],
  );

/**
 * macOS: dscl(1) and dseditgroup(8). Not sysadminctl(8), which makes accounts for people: with a password that it takes
 * on its command line, and a place in the login window.
 */
export const macos: AccountDialect = {
  name: 'dscl',
  readUsers: () =>
    dscl(
      ...['-readall', '/Users', 'RecordName', 'UniqueID', 'PrimaryGroupID', 'RealName'],
      ...['NFSHomeDirectory', 'UserShell'],
    ),
  parseUsers,
  readGroups: () => dscl('-readall', '/Groups', 'RecordName', 'PrimaryGroupID'),
  parseGroups,
  notFound: null,
  createGroup: ({ name, gid }, { groups }) => [
    {
      file: 'dseditgroup',
      args: [
        '-o',
        'create',
        '-i',
        String(
          gid ??
            freeId(
              'group',
              groups.map((group) => group.gid),
            ),
        ),
        '-r',
        name,
        name,
      ],
    },
  ],
  createUser: ({ name, uid, group, description, homeDir, shell }, known) => [
    dscl('-create', `/Users/${name}`),
    ...setAttributes(name, {
      UniqueID: String(
        uid ??
          freeId(
            'user',
            known.users.map((user) => user.uid),
          ),
      ),
      PrimaryGroupID: String(gidOf(group, known)),
      RealName: description ?? name,
      NFSHomeDirectory: homeDir ?? '/var/empty',
      UserShell: shell ?? '/bin/sh',
      IsHidden: '1',
      // No password matches.
      Password: '*',
    }),
  ],
  modifyUser: (name, { group, description, homeDir, shell }, known) =>
    setAttributes(name, {
      PrimaryGroupID: group === undefined ? undefined : String(gidOf(group, known)),
      RealName: description,
      NFSHomeDirectory: homeDir,
      UserShell: shell,
    }),
  removeUser: (name) => [dscl('-delete', `/Users/${name}`)],
  removeGroup: (name) => [{ file: 'dseditgroup', args: ['-o', 'delete', name] }],
};
