import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { SessionContext } from '../backend.js';

/** Whose jobs they are, and where launchd finds them when the machine boots, or the user logs in. */
export interface Scope {
  readonly kind: 'daemons' | 'agents';
  readonly directory: string;
  /** Domains that a job may be in; the first that exists is where it is loaded. */
  readonly domains: readonly [string, ...string[]];
}

/**
 * Root has daemons of the system; everybody else has agents, in the domain of the screen, or where nobody is logged in
 * at the screen, in that of all of the user's processes. LAUNCHD_TARGET_DIR names another directory.
 */
export const chooseScope = (env: SessionContext['env'], uid: number): Scope => {
  const given = env['LAUNCHD_TARGET_DIR'];
  const chosen = given === undefined || given === '' ? null : resolve(given);
  if (uid === 0) {
    return { kind: 'daemons', directory: chosen ?? '/Library/LaunchDaemons', domains: ['system'] };
  }
  const home = env['HOME'];
  return {
    kind: 'agents',
    directory: chosen ?? join(home === undefined || home === '' ? homedir() : home, 'Library', 'LaunchAgents'),
    domains: [`gui/${uid}`, `user/${uid}`],
  };
};
