import { join } from 'node:path';
import { ManagerUnavailableError } from '../../system/errors.js';
import { profileDirectory } from '../shared/own-directory.js';

/** Files of the s6-rc of one profile, below its runtime directory. */
export interface Place {
  readonly directory: string;
  /** The scan directory of our own s6-svscan. */
  readonly scan: string;
  /** The live directory of s6-rc: a link that s6-rc-init and s6-rc-update make. */
  readonly live: string;
  /** The live directory of nix-processmgmt, which may be taken over. */
  readonly foreignLive: string;
  /** Compiled databases, one for each generation that was deployed since the machine started. */
  readonly databases: string;
  /** What our own s6-svscan says, and services that nobody logs. */
  readonly log: string;
  /** Which processes the longruns had when they were asked the last time. */
  readonly record: string;
}

/** unix(7): sun_path has 108 bytes, the last of which is NUL. */
const longestSocketPath = 107;

/** s6-rc asks for oneshots at this socket of its live directory. */
const oneshotSocket = 'servicedirs/s6rc-oneshot-runner/s';

/** @throws ManagerUnavailableError when the sockets of s6-rc would not work there */
export const placeOf = (runtimeDir: string, profileName: string): Place => {
  const directory = profileDirectory(runtimeDir, profileName);
  const live = join(directory, 'live');
  const bytes = Buffer.byteLength(join(live, oneshotSocket));
  if (bytes > longestSocketPath) {
    throw new ManagerUnavailableError({
      what: `The live directory of s6-rc, ${live}, has too long a path`,
      why: `Its sockets would have paths of ${bytes} bytes. A UNIX socket's path may have ${longestSocketPath}`,
      fix: 'Choose a shorter runtime directory (--runtime-dir or --state-dir), or a shorter profile name',
    });
  }
  return {
    directory,
    live,
    foreignLive: join(runtimeDir, 's6-rc'),
    scan: join(directory, 'scan'),
    databases: join(directory, 'compiled'),
    log: join(directory, 's6-svscan.log'),
    record: join(directory, 's6-rc.processes'),
  };
};

/** A scan directory that others may run s6-svscan on, as nixproc-s6-svscan does; s6-linux-init's is /run/service. */
export const sharedScanDirectory = (runtimeDir: string): string => join(runtimeDir, 'service');
