import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { UsageError } from '../../system/errors.js';
import type { SessionContext } from '../backend.js';
import { recordFile } from './link-record.js';

/** Whose systemd is meant, and where its units go. */
export interface Scope {
  readonly kind: 'system' | 'user';
  /** Options that make systemctl talk to it. */
  readonly options: readonly string[];
  /** Variables that systemctl needs to reach it. */
  readonly environment: Readonly<Record<string, string>>;
  /** journalctl's option for one of its units, wherever the machine keeps what users' processes write. */
  readonly unitOption: '--unit' | '--user-unit';
  /** The directory that units are linked into. */
  readonly directory: string;
  /** The target that the machine (or the login) wants when it has started. */
  readonly bootTarget: string;
}

type Environment = SessionContext['env'];

/** A variable that is set to nothing counts as not set. */
const variable = (env: Environment, name: string): string | undefined => (env[name] === '' ? undefined : env[name]);

const systemScope = (env: Environment): Scope => ({
  kind: 'system',
  options: [],
  unitOption: '--unit',
  environment: {},
  directory: resolve(variable(env, 'SYSTEMD_TARGET_DIR') ?? '/etc/systemd/system'),
  bootTarget: 'multi-user.target',
});

const userScope = (env: Environment, uid: number): Scope => {
  const configuration = variable(env, 'XDG_CONFIG_HOME') ?? join(variable(env, 'HOME') ?? homedir(), '.config');
  return {
    kind: 'user',
    options: ['--user'],
    unitOption: '--user-unit',
    // From cron, su and ssh without a session it is missing, and systemctl does not look where it always is.
    environment: { XDG_RUNTIME_DIR: variable(env, 'XDG_RUNTIME_DIR') ?? `/run/user/${uid}` },
    directory: resolve(variable(env, 'SYSTEMD_TARGET_DIR') ?? join(configuration, 'systemd', 'user')),
    bootTarget: 'default.target',
  };
};

const isInstalled = ({ directory }: Scope, profileName: string): boolean =>
  existsSync(join(directory, recordFile(profileName)));

/**
 * Chooses between the system's systemd and the user's own one: an ordinary user has the latter alone, root says --user,
 * and a deployment stays where it is.
 *
 * @throws UsageError when --user would move a deployment from one to the other
 */
export const chooseScope = ({
  env,
  managerOptions,
  profileName,
}: Pick<SessionContext, 'env' | 'managerOptions' | 'profileName'>): Scope => {
  const uid = process.getuid?.() ?? 0;
  const user = userScope(env, uid);
  if (uid !== 0) return user;
  const system = systemScope(env);
  const inSystem = isInstalled(system, profileName);
  if (managerOptions['user'] !== 'true') {
    return !inSystem && system.directory !== user.directory && isInstalled(user, profileName) ? user : system;
  }
  if (inSystem && system.directory !== user.directory) {
    throw new UsageError({
      what: `The profile "${profileName}" is deployed in the system's systemd, and cannot move to root's own`,
      why: `${join(system.directory, recordFile(profileName))} is there`,
      fix: 'Undeploy it first (without --user), or leave out --user',
    });
  }
  return user;
};
