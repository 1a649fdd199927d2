import type { InstanceName } from '../model/process-model.js';
import { unitOf } from '../plan/activation-plan.js';
import { planActivation } from '../plan/plan-activation.js';
import type { DeployedUnit } from '../profile/manifest.js';
import { executeTasks, type ExecutionSettings } from './execute-tasks.js';
import { tasksOf } from './execution-tasks.js';
import { observeUnits } from './look-at-current.js';
import type { StepFailure } from './process-watch.js';
import type { ManagedProfile, Sessions } from './sessions.js';

/** What came back together with its manager. */
export interface BroughtBack {
  /** What was started for that. */
  readonly started: ReadonlySet<InstanceName>;
  readonly failures: readonly StepFailure[];
}

/**
 * Has a manager run again that was lost under the processes of the current generation, with all that should run: whoever asks
 * for one process must not find it alone afterwards. Does nothing where nothing is missing; what was stopped stays stopped.
 *
 * @param spared units that somebody wants stopped: these can be, also under a manager that somebody else has to start
 * @throws what the manager throws when it cannot be brought back
 */
export const bringBack = async (
  { deployed, sessions }: { readonly deployed: ManagedProfile; readonly sessions: Sessions },
  spared: readonly DeployedUnit[],
  settings: ExecutionSettings,
): Promise<BroughtBack> => {
  const { manager, profile } = deployed;
  const session = sessions.of(manager);
  const nothing: BroughtBack = { started: new Set(), failures: [] };
  if (session.loss === undefined) return nothing;
  const observed = await observeUnits(deployed, sessions, 'state');
  const loss = session.loss();
  if (loss === null) return nothing;
  if (session.requireReturn !== undefined) {
    if (spared.length === 0) session.requireReturn();
    return nothing;
  }
  settings.log.warn(`${loss}; bringing back all that should run`);
  const isSpared = ({ instance }: DeployedUnit): boolean => spared.some((unit) => unit.instance === instance);
  const plan = planActivation(
    observed.filter(({ unit }) => !isSpared(unit)),
    {
      manager,
      units: profile.units.filter((unit) => !isSpared(unit)),
      isWanted: (unit) => session.isWanted?.(unit) ?? true,
    },
  );
  const tasks = tasksOf(plan, [manager], deployed, sessions, { waitForPorts: settings.watch.waitForPorts });
  const { attempted, failures, error } = await executeTasks(tasks, settings);
  if (error !== null) throw error;
  return { started: new Set(attempted.map((step) => unitOf(step).instance)), failures };
};
