import { defineCommand } from '../command.js';
import { activationOptions, profileOption } from '../options.js';

export const rollback = defineCommand({
  command: 'rollback',
  describe: 'Go back to the generation that was current before; again, and it goes further back',
  builder: (yargs) =>
    yargs.options({ ...profileOption, ...activationOptions }).example('$0 rollback', 'Undo the last switch'),
  run: async (args, context) => {
    const { withLock } = await import('../deployment.js');
    const { listGenerations } = await import('../../generations/generations.js');
    const { readHistory, rollbackTarget, writeHistory } = await import('../../generations/history.js');
    const { deployGeneration } = await import('../deploy-generation.js');
    const { UsageError } = await import('../../system/errors.js');
    await withLock('rollback', args, context, async (location) => {
      const target = rollbackTarget(await readHistory(location), await listGenerations(location));
      if (target === null) {
        throw new UsageError({
          what: `The profile ${location.link} has no generation to go back to`,
          fix: 'See which ones there are with: nix-processmgmt-ts generations list',
        });
      }
      await deployGeneration(location, target.number, args, () => writeHistory(location, target.history), context);
    });
    return undefined;
  },
});
