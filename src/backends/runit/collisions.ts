import type { Collision, DeployedUnit } from '../backend.js';
import { activationOf } from './activation-data.js';
import { look } from './look.js';
import type { Parts } from './parts.js';

/**
 * Logs that an svlogd writes which is none of ours: another profile's over the same state directories.
 *
 * @param parts of what is deployed
 */
export const takenLogs = async (parts: Parts, units: readonly DeployedUnit[]): Promise<readonly Collision[]> => {
  const { lockedLogs } = await import('../shared/log-locks.js');
  const locked = lockedLogs(
    units.flatMap((unit) => activationOf(unit).logFile ?? []),
    'svlogd',
  );
  if (locked.length === 0) return [];
  const { statuses } = await look(parts);
  const own = new Set([...statuses.values()].map(({ loggerPid }) => loggerPid));
  return locked
    .filter(({ pid }) => !own.has(pid))
    .map(({ directory, pid }) => ({
      instance: units.find((unit) => activationOf(unit).logFile === `${directory}/current`)?.instance ?? null,
      what: `The log in ${directory} is written by another service already (process ${pid})`,
      why: 'A second svlogd cannot write there; another profile may have the same state directories',
      fix: 'Undeploy that profile, or give this one another --state-dir or --log-dir, or the process another name',
    }));
};
