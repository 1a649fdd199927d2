import { defineCommand } from '../command.js';
import { activationOptions, messageOption, profileOption, ownOptions, withOptionsOf } from '../options.js';

export const rollback = defineCommand({
  command: 'rollback',
  describe: 'Go back to the last good generation that was current before; again, and it goes further back',
  builder: (yargs) =>
    withOptionsOf(yargs, ownOptions)
      .options({ ...profileOption, ...activationOptions, ...messageOption })
      .example('$0 rollback', 'Undo the last switch'),
  run: async (args, context) => {
    const { withLock } = await import('../with-lock.js');
    const { readDeploymentLog, verdictOn } = await import('../../generations/deployment-log.js');
    const { listGenerations } = await import('../../generations/generations.js');
    const { readHistory, rollbackTarget } = await import('../../generations/history.js');
    const { numberedProfiles } = await import('../../generations/record-deployment.js');
    const { deployGeneration, isReadable } = await import('../deploy-generation.js');
    const { UsageError } = await import('../../system/errors.js');
    await withLock('rollback', args, context, async (location) => {
      const generations = await listGenerations(location);
      const log = await readDeploymentLog(location);
      const results = new Map((await numberedProfiles(generations)).map((each) => [each.number, verdictOn(log, each)]));
      // Of what other programs have deployed nothing is known.
      const unreadable = new Set<number>();
      const isGood = (number: number): boolean => !unreadable.has(number) && (results.get(number) ?? 'good') === 'good';
      const history = await readHistory(location);
      let target = rollbackTarget(history, generations, isGood);
      while (target !== null && !(await isReadable(location, target.number))) {
        unreadable.add(target.number);
        target = rollbackTarget(history, generations, isGood);
      }
      if (target === null) {
        throw new UsageError({
          what: `The profile ${location.link} has no good generation to go back to`,
          fix: 'See which ones there are with: nix-processmgmt-ts generations list',
        });
      }
      for (const number of target.passedOver) {
        context.log.info(
          `passing over generation ${String(number)} (${unreadable.has(number) ? 'it cannot be read' : `last activation: ${results.get(number) ?? 'unknown'}`}); ` +
            `to go there all the same: nix-processmgmt-ts generations switch ${String(number)}`,
        );
      }
      await deployGeneration(location, { ...target, command: 'rollback' }, args, context);
    });
    return undefined;
  },
});
