import { lstat, readlink } from 'node:fs/promises';
import { errnoOf } from '../../../state/file-errors.js';

/** What a container needs of a host whose programs it runs. */
export interface HostDirectories {
  /** Directories to be mounted read-only. */
  readonly mounts: readonly string[];
  /** Links of the image's root directory: from their names to where they lead. */
  readonly links: Readonly<Record<string, string>>;
}

// Programs and libraries, and the configuration that they look for. /etc is there as a whole, since what a container
// mounts must be there at each of its starts, and single entries of /etc come and go with packages.
const directories = ['/usr', '/etc', '/opt', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'] as const;

/**
 * Looks at the host: on most systems /bin and the like are links into /usr.
 *
 * @param isPodman whether Podman runs the containers. Docker puts its init at /sbin/docker-init, where nothing of the
 *   host may hide it; programs of /usr/sbin are there by that name alone then.
 */
export const findHostDirectories = async (isPodman: boolean): Promise<HostDirectories> => {
  const mounts: string[] = [];
  const links: Record<string, string> = {};
  for (const directory of directories) {
    if (directory === '/sbin' && !isPodman) continue;
    try {
      const status = await lstat(directory);
      if (status.isSymbolicLink()) links[directory.slice(1)] = await readlink(directory);
      else if (status.isDirectory()) mounts.push(directory);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
  return { mounts, links };
};
