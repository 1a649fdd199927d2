import { defineCommand } from '../command.js';
import { evaluationOptions, managerOption, profileOption, stateDirectoryOptions, withModel } from '../options.js';

export const evaluate = defineCommand({
  command: 'eval [model]',
  describe: 'Print the process model as JSON; builds nothing',
  builder: (yargs) =>
    withModel(yargs)
      .options({ ...managerOption, ...profileOption, ...stateDirectoryOptions, ...evaluationOptions })
      .example('$0 eval -P sysvinit processes.nix', 'What the model says, with every default filled in'),
  run: async (args, context) => {
    const { evaluateFromArguments } = await import('../build-from-arguments.js');
    const { profileLocation } = await import('../../generations/profile-location.js');
    const { model, notes } = await evaluateFromArguments(args, profileLocation(args.profile, context.env), context);
    for (const note of notes) context.log.info(`note: ${note}`);
    context.print(`${JSON.stringify(model, null, 2)}\n`);
    return undefined;
  },
});
