import type { ScriptRunner } from './script-runner.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { ActivationError } from '../../system/errors.js';
import { runningCommands } from '../../system/running-commands.js';
import type { DeployedUnit, SessionContext } from '../backend.js';

/** How often is looked whether a script has ended that nobody can wait for, in milliseconds. */
const orphanPause = 100;

/**
 * Waits until no script of these units is at work any more that a command has left which was killed.
 *
 * @param callOf how an activity of a unit is called
 * @throws ActivationError when one takes longer than the command would have waited
 */
export const awaitOrphanedScripts = async (
  units: readonly DeployedUnit[],
  callOf: ScriptRunner['callOf'],
  { run, log }: Pick<SessionContext, 'run' | 'log'>,
): Promise<void> => {
  const calls = units.flatMap((unit) =>
    (['start', 'stop', 'reload'] as const).map((activity) => {
      const { file, args, timeout = 0 } = callOf(unit, activity);
      return { words: [file, ...args].join(' '), timeout };
    }),
  );
  const begin = performance.now();
  for (let isFirst = true; ; isFirst = false) {
    const running = await runningCommands(run);
    const orphans = calls.flatMap(({ words, timeout }) =>
      running
        // Before the script there is the shell that runs it.
        .filter(({ command }) => command === words || command.endsWith(` ${words}`))
        .map((found) => ({ ...found, isLate: performance.now() - begin > timeout })),
    );
    const [orphan] = orphans;
    if (orphan === undefined) return;
    if (isFirst) log.info(`waiting for the end of what was begun: ${orphan.command} (process ${orphan.pid})`);
    const late = orphans.find(({ isLate }) => isLate);
    if (late !== undefined) {
      throw new ActivationError({
        what: `A script that a command before has left does not come to an end: ${late.command}`,
        why: 'Whatever is done to its service meanwhile, the script may undo',
        fix: `See what process ${late.pid} waits for, or end it: kill -9 ${late.pid}`,
      });
    }
    await sleep(orphanPause);
  }
};
