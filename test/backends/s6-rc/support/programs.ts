import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { systemPath } from '../../../support/deployment.js';
import { installStandIn } from './stand-in.js';

/** The directory of s6-rc on this machine; null where there is none, as on Debian 12. */
export const directoryOfS6rc = ((): string | null => {
  const isThere = (directory: string): boolean => {
    try {
      accessSync(join(directory, 's6-rc-compile'), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  return [...(process.env['PATH'] ?? '').split(delimiter), ...systemPath.split(delimiter)].find(isThere) ?? null;
})();

/**
 * The variables with which s6-rc is found: that of the machine, or stand-ins for its programs over the s6-svscan of Debian.
 *
 * @param directory where the stand-ins are put
 */
export const programsOfS6rc = (directory: string): Readonly<Record<string, string>> => {
  if (directoryOfS6rc !== null) return { PATH: [directoryOfS6rc, systemPath].join(delimiter) };
  const { bin, env } = installStandIn(directory);
  return { ...env, PATH: [bin, systemPath].join(delimiter) };
};
