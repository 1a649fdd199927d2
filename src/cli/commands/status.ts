import { defineCommand, type StatusCode } from '../command.js';
import { activationOptions, jsonOption, profileOption, reachingOptions, withOptionsOf } from '../options.js';

const { 'answer-timeout': answerTimeout } = activationOptions;

export const status = defineCommand({
  command: 'status [names..]',
  describe:
    'Show what each process instance does; exit code 3 when one does not run, or nothing watches over it, 4 when nothing is known',
  builder: (yargs) =>
    withOptionsOf(yargs, reachingOptions)
      .positional('names', { type: 'string', array: true, describe: 'Only these instances [all]' })
      .options({ ...profileOption, ...jsonOption, 'answer-timeout': answerTimeout })
      .example('$0 status', 'All instances, and what somebody has changed since the last switch')
      .example('$0 status --json webapp1', 'One instance, as data'),
  run: async (args, { print, colour, ...rest }) => {
    const context = { print, colour, ...rest };
    const { findDeployment, unitsCalled } = await import('../current-deployment.js');
    const { lookAtDeployment, statusAsJson, statusTable } = await import('../show-status.js');
    const { warnOfUnfinished } = await import('../unfinished.js');
    await warnOfUnfinished(args.profile, context);
    const deployment = await findDeployment(args, context);
    if (deployment === null) {
      if (args.json === true) print('[]\n');
      else context.log.info('nothing is deployed');
      return 4 satisfies StatusCode;
    }
    const names = (args.names ?? []).map(String);
    const { rows, notes, loss } = await lookAtDeployment(
      deployment,
      names.length === 0 ? null : unitsCalled(deployment, names),
      context,
    );
    print(args.json === true ? `${JSON.stringify(statusAsJson(rows), null, 2)}\n` : statusTable(rows, colour));
    for (const note of notes) context.log.warn(note);
    if (loss !== null) context.log.warn(loss);
    if (deployment.isDamaged === true) return 4 satisfies StatusCode;
    return (loss === null && rows.every(({ isAsItShould }) => isAsItShould) ? 0 : 3) satisfies StatusCode;
  },
});
