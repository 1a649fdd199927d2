import { resolve } from 'node:path';
import { defineCommand } from '../command.js';
import {
  evaluationOptions,
  managerOption,
  outputOptions,
  profileOption,
  stateDirectoryOptions,
  withModel,
} from '../options.js';

export const build = defineCommand({
  command: 'build [model]',
  describe: 'Build the profile of a model, and print its store path',
  builder: (yargs) =>
    withModel(yargs)
      .options({
        ...managerOption,
        ...profileOption,
        ...outputOptions,
        ...stateDirectoryOptions,
        ...evaluationOptions,
      })
      .example('$0 build -P sysvinit processes.nix', 'Build it, and link it as ./result')
      .example('$0 build -P supervisord --no-out-link processes.nix', 'Only print the store path')
      .example('$0 build -P supervisord --undeploy', 'A profile to switch to when nothing is to run'),
  run: async (args, context) => {
    const { buildFromArguments, emptyModel } = await import('../build-from-arguments.js');
    const { requireLinkable } = await import('../out-link.js');
    const { profileLocation } = await import('../../generations/profile-location.js');
    const outLink = args.noOutLink === true ? null : resolve(args.outLink);
    if (outLink !== null) requireLinkable(outLink);
    const location = profileLocation(args.profile, context.env);
    const what = args.undeploy === true ? { ...args, model: emptyModel } : args;
    const { path, manifest, release } = await buildFromArguments(what, location, outLink, context);
    await release();
    const { modelConflicts } = await import('../../plan/model-conflicts.js');
    // On another machine, or with --allow-conflicts, it may be deployed all the same.
    for (const conflict of modelConflicts(manifest)) context.log.warn(`${conflict.what}: ${conflict.why}`);
    context.print(`${path}\n`);
    return undefined;
  },
});
