import { pino } from 'pino';
import type { SessionContext } from '../../../../src/backends/backend.js';
import type { Run } from '../../../../src/system/ports.js';

/**
 * What a session with a user's own systemd is given.
 *
 * @param configuration the directory in which that systemd's units are
 */
export const userContext = (
  configuration: string,
  run: Run,
  differences: Partial<SessionContext> = {},
): SessionContext => ({
  run,
  log: pino({ level: 'silent' }),
  env: { XDG_CONFIG_HOME: configuration, HOME: '/home/me' },
  profileName: 'processes',
  profileLink: '/profiles/processes',
  current: null,
  target: null,
  managerOptions: { user: 'true' },
  jobs: 1,
  ...differences,
});
