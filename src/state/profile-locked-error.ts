import { ExplainedError, exitCodes } from '../system/errors.js';
import type { LockHolder } from './lock-record.js';

/** Another command works on the profile (exit code 9). */
export class ProfileLockedError extends ExplainedError {
  readonly holder: LockHolder;

  constructor(profileName: string, lockFile: string, holder: LockHolder, isVisible: boolean) {
    const { command, process, since } = holder;
    super(exitCodes.locked, {
      what: `The profile "${profileName}" is in use by another command`,
      why: `"${command}" (PID ${process.pid}${isVisible ? '' : ` on ${process.machine}, or in another container`}) has held it since ${since}`,
      fix: isVisible
        ? 'Wait until it has finished, or let this command wait with --wait-lock SECONDS'
        : `Wait until it has finished; if you are sure that it no longer runs, remove ${lockFile}`,
    });
    this.holder = holder;
  }
}
