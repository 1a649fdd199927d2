import { readDeploymentLog } from '../../generations/deployment-log.js';
import type { DeploymentSteps } from '../../generations/deployment-record.js';
import { profileLocation } from '../../generations/profile-location.js';
import type { CommandContext } from '../command.js';
import { formatTable } from '../terminal.js';
import { personOf, revisionOf } from './describe-deployment.js';

/** "1 started, 2 restarted"; "-" for nothing. */
const summaryOf = ({ start, stop, restart, reload }: DeploymentSteps): string => {
  const parts = [
    [start, 'started'],
    [stop, 'stopped'],
    [restart, 'restarted'],
    [reload, 'reloaded'],
  ] as const;
  const words = parts.flatMap(([instances, done]) => (instances.length === 0 ? [] : `${instances.length} ${done}`));
  return words.length === 0 ? '-' : words.join(', ');
};

/** Prints what was deployed when and by whom, failures included; the newest at the end. */
export const printDeployments = async (
  { profile, json }: { readonly profile: string; readonly json: boolean },
  { env, print }: CommandContext,
): Promise<void> => {
  const log = await readDeploymentLog(profileLocation(profile, env));
  if (json) {
    print(`${JSON.stringify(log, null, 2)}\n`);
    return;
  }
  if (log.length === 0) return;
  print(
    formatTable([
      ['STARTED', 'COMMAND', 'FROM', 'TO', 'MANAGER', 'RESULT', 'STEPS', 'BY', 'REVISION', 'MESSAGE'],
      ...log.map(({ started, command, from, generation, manager, result, steps, by, model, message }) => [
        started,
        command,
        from === null ? '-' : String(from),
        generation === null ? '-' : String(generation),
        manager ?? 'unknown',
        result,
        summaryOf(steps),
        personOf(by),
        revisionOf(model),
        message ?? '',
      ]),
    ]),
  );
};
