import { findOwnInstances } from '../leftovers/find-own-instance.js';
import type { ManagerName } from '../model/process-model.js';
import type { ProcessPlan } from '../plan/activation-plan.js';
import type { Conflict } from '../plan/conflict.js';
import type { DeployedUnit } from '../profile/manifest.js';
import type { Ports } from '../system/ports.js';
import { listProcesses } from '../system/process-list.js';
import { believedPids } from './believed-pids.js';
import type { Sessions } from './sessions.js';

/** The units that a plan stops, or replaces by another version. */
const endingUnits = ({ stages }: Pick<ProcessPlan, 'stages'>): ReadonlyMap<ManagerName, readonly DeployedUnit[]> => {
  const units = new Map<ManagerName, readonly DeployedUnit[]>();
  for (const { manager, steps } of stages) {
    const ending = steps.flatMap((step) => {
      if (step.action === 'restart') return [step.before];
      return step.action === 'stop' ? [step.unit] : [];
    });
    if (ending.length > 0) units.set(manager, [...(units.get(manager) ?? []), ...ending]);
  }
  return units;
};

/**
 * Finds the instances that a plan ends and this command with them: what a switch would do next, nobody would do any more.
 * Asks nobody when nothing ends.
 */
export const findOwnEnd = async (
  plan: Pick<ProcessPlan, 'stages'>,
  sessions: Sessions,
  ports: Pick<Ports, 'run'>,
): Promise<readonly Conflict[]> => {
  const units = endingUnits(plan);
  if (units.size === 0) return [];
  const observed = await Promise.all(
    [...units].map(async ([manager, some]) => {
      const session = sessions.of(manager);
      const pids = await believedPids(await session.observe(some, 'process'), ports);
      const endsControlGroup = session.endsControlGroups === true;
      return [...pids].map(([instance, pid]) => ({ instance, pid, endsControlGroup }));
    }),
  );
  return findOwnInstances(observed.flat(), process.pid, await listProcesses(ports.run)).map(({ instance, how }) => ({
    severity: 'error',
    kind: 'self',
    instances: [instance],
    what: `Process instance "${instance}", which is to be stopped, would take this command with it`,
    why: `This command ${how}, so that it would be killed in the middle of its work`,
    fix: 'Run it outside of the instance: from cron or at, or with systemd-run where systemd is',
  }));
};
