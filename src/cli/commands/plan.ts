import { defineCommand } from '../command.js';
import {
  activationOptions,
  evaluationOptions,
  jsonOption,
  managerOption,
  planFileOption,
  profileOption,
  repairOption,
  stateDirectoryOptions,
  withModel,
  ownOptions,
  withOptionsOf,
} from '../options.js';

const {
  'allow-conflicts': allowConflicts,
  'old-profile': oldProfile,
  'wait-for-ports': waitForPorts,
  'keep-going': keepGoing,
  'enable-at-boot': enableAtBoot,
  jobs,
  'answer-timeout': answerTimeout,
} = activationOptions;

export const plan = defineCommand({
  command: 'plan [model]',
  describe: 'Show what switch would do, and why; changes nothing',
  builder: (yargs) =>
    withModel(withOptionsOf(yargs, ownOptions))
      .options({
        ...managerOption,
        ...profileOption,
        ...jsonOption,
        ...planFileOption,
        'allow-conflicts': allowConflicts,
        ...repairOption,
        'old-profile': oldProfile,
        'wait-for-ports': waitForPorts,
        'keep-going': keepGoing,
        'enable-at-boot': enableAtBoot,
        jobs,
        'answer-timeout': answerTimeout,
        ...stateDirectoryOptions,
        ...evaluationOptions,
      })
      .example('$0 plan processes.nix', 'What would a switch restart?')
      .example('$0 plan -P supervisord --json processes.nix', 'A move to another manager, as data')
      .example('$0 plan --out plan.json processes.nix', 'Keep it, for: switch --plan plan.json'),
  run: async (args, context) => {
    const { buildFromArguments } = await import('../build-from-arguments.js');
    const { profileLocation } = await import('../../generations/profile-location.js');
    const loadPlanning = () =>
      Promise.all([
        import('../../activate/find-conflicts.js'),
        import('../deployment.js'),
        import('../format-plan.js'),
        import('../planned-activation.js'),
      ]);
    const location = profileLocation(args.profile, context.env);
    const next = await buildFromArguments(args, location, null, context, { load: loadPlanning });
    try {
      const [{ refuseConflicts }, { prepare }, { formatPlan }, { documentActivation }] = await loadPlanning();
      const planned = await prepare({ location, next }, args, context, args.repair === true ? 'repair' : 'tell');
      const decided = await documentActivation(planned, next.source, args);
      const document = { ...decided, notes: [...next.warnings, ...decided.notes] };
      context.print(
        args.json === true ? `${JSON.stringify(document, null, 2)}\n` : formatPlan(document, context.colour),
      );
      refuseConflicts(planned.conflicts, args.allowConflicts === true);
      if (args.out !== undefined) {
        const { writePlan } = await import('../plan-file.js');
        await writePlan(args.out, document, context);
        context.log.info(`carry it out with: nix-processmgmt-ts switch --plan ${args.out}`);
      }
    } finally {
      await next.release();
    }
    return undefined;
  },
});
