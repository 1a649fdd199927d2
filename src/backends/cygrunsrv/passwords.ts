import { readFile, stat } from 'node:fs/promises';
import { UsageError } from '../../system/errors.js';
import type { SessionContext } from '../backend.js';

/** Passwords by the names of Windows users. */
export type Passwords = ReadonlyMap<string, string>;

const variable = 'CYGRUNSRV_PASSWORD_FILE';

/** Windows' own account, which has no password. */
const isSystem = (user: string): boolean => user.toLowerCase() === 'system';

const readPasswords = async (path: string): Promise<Passwords> => {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new UsageError({
        what: `The file of passwords ${path} can be read by others than its owner`,
        why: `Its mode is ${(mode & 0o777).toString(8)}`,
        fix: `chmod 600 ${path}`,
      });
    }
    const lines = (await readFile(path, 'utf8')).split(/\r?\n/);
    return new Map(
      lines.flatMap((line): [string, string][] => {
        const colon = line.indexOf(':');
        return colon < 1 || line.startsWith('#') ? [] : [[line.slice(0, colon), line.slice(colon + 1)]];
      }),
    );
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(
      {
        what: `The file of passwords ${path} cannot be read`,
        why: cause instanceof Error ? cause.message : String(cause),
        fix: `Correct ${variable}`,
      },
      { cause },
    );
  }
};

/**
 * The passwords of the users that services run as, from the file that CYGRUNSRV_PASSWORD_FILE names: lines USER:PASSWORD.
 *
 * @throws UsageError naming a user whose password is needed and not there
 */
export const passwordsFor = async (users: readonly string[], env: SessionContext['env']): Promise<Passwords> => {
  const needed = users.filter((user) => !isSystem(user));
  if (needed.length === 0) return new Map();
  const path = env[variable];
  const passwords = path === undefined || path === '' ? new Map<string, string>() : await readPasswords(path);
  const unknown = needed.find((user) => !passwords.has(user));
  if (unknown !== undefined) {
    throw new UsageError({
      what: `The password of the Windows user "${unknown}" is not known`,
      why: 'Windows asks for it when a service is installed that runs as that user, and no password may be in a model',
      fix: `Put the line ${unknown}:PASSWORD into a file that only you can read, and set ${variable} to its path`,
    });
  }
  return passwords;
};
