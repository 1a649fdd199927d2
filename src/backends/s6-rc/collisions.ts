import { join } from 'node:path';
import type { Collision, DeployedUnit } from '../backend.js';
import { activationOf } from './activation-data.js';
import { isLongrun } from './services-of-units.js';
import type { Tree } from './tree.js';

/**
 * Names that somebody else has in a scan directory: a live state is of one profile, but its services may be supervised beside
 * others'.
 */
export const takenNames = async (tree: Tree, units: readonly DeployedUnit[]): Promise<readonly Collision[]> => {
  const instances = new Map(
    units.flatMap(({ instance, activation }) =>
      activationOf({ activation })
        .services.filter(isLongrun)
        .map(({ name }) => [name, instance] as const),
    ),
  );
  return [...(await tree.strangers([...instances.keys()]))].map(([service, path]) => ({
    instance: instances.get(service) ?? null,
    what: `There is ${path} already, which s6-svscan supervises`,
    why: 'It is none of the services of this profile',
    fix: 'Remove it there, or give the process another name, instanceName or instanceSuffix',
  }));
};

/**
 * Logs that an s6-log writes which is none of ours: another profile's over the same state directories.
 *
 * @param tree what is deployed
 */
export const takenLogs = async (tree: Tree, units: readonly DeployedUnit[]): Promise<readonly Collision[]> => {
  const { lockedLogs } = await import('../shared/log-locks.js');
  const locked = lockedLogs(
    units.flatMap((unit) => activationOf(unit).logFile ?? []),
    's6-log',
  );
  if (locked.length === 0) return [];
  const own = await tree.processes();
  return locked
    .filter(({ pid }) => !own.has(pid))
    .map(({ directory, pid }) => ({
      instance: units.find((unit) => activationOf(unit).logFile === join(directory, 'current'))?.instance ?? null,
      what: `The log in ${directory} is written by another service already (process ${pid})`,
      why: 'A second s6-log would wait for its end; another profile may have the same state directories',
      fix: 'Undeploy that profile, or give this one another --state-dir or --log-dir, or the process another name',
    }));
};
