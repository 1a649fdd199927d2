import { loadBackend, parseManagerName } from '../backends/registry.js';
import { stateDirectories } from '../state/state-directories.js';
import { ActivationError, UsageError } from '../system/errors.js';
import type { CommandContext } from './command.js';
import { stateSettings, type StateArguments } from './settings.js';
import { withStopSignals } from './stop-signals.js';

/**
 * Runs a process manager's supervisor in the foreground, for every profile below one runtime directory.
 *
 * @throws UsageError when the manager has none that profiles share
 * @throws ManagerUnavailableError when it is not installed
 * @throws ActivationError when it ends in failure
 */
export const superviseInForeground = async (
  args: StateArguments & { readonly processManager: string },
  context: CommandContext,
): Promise<void> => {
  const { name, supervisor } = await loadBackend(parseManagerName(args.processManager));
  if (supervisor === undefined) {
    throw new UsageError({
      what: `${name} has no supervisor that profiles could share`,
      why: 'Either the machine runs it, or one is started for each profile',
      fix: 'To run one profile in the foreground: nix-processmgmt-ts run',
    });
  }
  const { runtimeDir } = stateDirectories(stateSettings(args, context.env), process.platform);
  await withStopSignals(async ({ first }) => {
    const exitCode = await supervisor(runtimeDir, first, context);
    if (exitCode !== 0 && !first.aborted) {
      throw new ActivationError({ what: `The supervisor of ${name} ended with exit code ${String(exitCode)}` });
    }
  });
};
