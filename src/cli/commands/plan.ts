import { defineCommand } from '../command.js';
import {
  activationOptions,
  evaluationOptions,
  jsonOption,
  managerOption,
  profileOption,
  stateDirectoryOptions,
  withModel,
} from '../options.js';

const { 'old-profile': oldProfile, runlevel, user, engine, jobs } = activationOptions;

export const plan = defineCommand({
  command: 'plan [model]',
  describe: 'Show what switch would do, and why; changes nothing',
  builder: (yargs) =>
    withModel(yargs)
      .options({
        ...managerOption,
        ...profileOption,
        ...jsonOption,
        'old-profile': oldProfile,
        runlevel,
        user,
        engine,
        jobs,
        ...stateDirectoryOptions,
        ...evaluationOptions,
      })
      .example('$0 plan processes.nix', 'What would a switch restart?')
      .example('$0 plan -P supervisord --json processes.nix', 'A move to another manager, as data'),
  run: async (args, context) => {
    const { buildFromArguments, prepare } = await import('../deployment.js');
    const { profileLocation } = await import('../../generations/profile-location.js');
    const { formatPlan, planAsJson } = await import('../format-plan.js');
    const location = profileLocation(args.profile, context.env);
    const next = await buildFromArguments(args, location, null, context);
    try {
      const prepared = await prepare(location, next, args, context);
      context.print(
        args.json === true
          ? `${JSON.stringify(planAsJson(prepared.plan, next), null, 2)}\n`
          : formatPlan(prepared.plan, next, context.colour),
      );
    } finally {
      await next.release();
    }
    return undefined;
  },
});
