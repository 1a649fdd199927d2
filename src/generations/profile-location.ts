import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { stateRoot } from '../state/profile-lock.js';
import { UsageError } from '../system/errors.js';

/** Where a profile and what belongs to it live. */
export interface ProfileLocation {
  /** "processes" */
  readonly name: string;
  /** The link that always points to the current generation. */
  readonly link: string;
  /** The directory of lock, history and the ledger of created accounts. */
  readonly stateDirectory: string;
}

const profilesDirectory = (env: Readonly<Record<string, string | undefined>>): string => {
  const userProfiles = env['NIX_USER_PROFILE_DIR'];
  if (userProfiles !== undefined && userProfiles !== '') return userProfiles;
  const nixState = env['NIX_STATE_DIR'];
  if (nixState !== undefined && nixState !== '') return join(nixState, 'profiles');
  if (process.getuid?.() === 0) return '/nix/var/nix/profiles';
  const state = env['XDG_STATE_HOME'];
  return join(state !== undefined && state !== '' ? state : join(homedir(), '.local', 'state'), 'nix', 'profiles');
};

const nameProblem = (name: string): string | null =>
  /(?:^|\/)\.{0,2}$/.test(name)
    ? 'It is the name of a directory'
    : /-\d+-link$/.test(name)
      ? 'Generations have such names: it could take the place of one'
      : null;

/**
 * Finds a profile by its name in NIX_USER_PROFILE_DIR, else in NIX_STATE_DIR/profiles, else in Nix' own directory (root)
 * or below XDG_STATE_HOME (an ordinary user, who may not write to Nix' own). A name with a slash is a path.
 *
 * @throws UsageError for a name that is a directory's or a generation's
 */
export const profileLocation = (name: string, env: Readonly<Record<string, string | undefined>>): ProfileLocation => {
  const problem = nameProblem(name);
  if (problem !== null) {
    throw new UsageError({
      what: `"${name}" cannot be the name of a profile`,
      why: problem,
      fix: 'Give -p a name such as "processes", or the path of a link in a directory that exists or can be made',
    });
  }
  const link = name.includes('/') ? resolve(name) : join(profilesDirectory(env), name);
  const base = link.slice(dirname(link).length + 1);
  return { name: base, link, stateDirectory: join(dirname(link), stateRoot, base) };
};
