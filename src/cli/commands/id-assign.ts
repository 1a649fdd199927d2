import { defineCommand } from '../command.js';
import { evaluationOptions, idOptions, managerOption, stateDirectoryOptions, withModel } from '../options.js';

export const idAssign = defineCommand({
  command: 'id-assign [model]',
  describe: 'Give the instances of a model IDs (ports, UIDs, GIDs) of the pools that they ask for',
  builder: (yargs) =>
    withModel(yargs)
      .options({
        ...idOptions,
        check: { type: 'boolean', describe: 'Write nothing; fail when the IDs are not up to date' },
        'process-manager': {
          ...managerOption['process-manager'],
          describe: 'What the model is told as its processManager [any]',
        },
        ...stateDirectoryOptions,
        ...evaluationOptions,
      })
      .example('$0 id-assign --id-resources idresources.nix --output-file ids.nix processes.nix', 'The first IDs')
      .example(
        '$0 id-assign --id-resources idresources.nix --ids ids.nix --output-file ids.nix processes.nix',
        'After a change: new instances get IDs, the others keep theirs',
      )
      .example(
        '$0 id-assign --id-resources idresources.nix --ids ids.nix --check processes.nix',
        'Has everybody an ID?',
      ),
  run: async (args, context) => {
    const { assignIdsOfModel } = await import('../assign-ids-of-model.js');
    await assignIdsOfModel(args, context);
    return undefined;
  },
});
