import { defineCommand } from '../command.js';
import { activationOptions, messageOption, profileOption } from '../options.js';

const { confirm, engine, jobs, 'old-profile': oldProfile, 'wait-lock': waitLock, yes } = activationOptions;

export const undeploy = defineCommand({
  command: 'undeploy',
  describe: 'Stop everything that the current generation runs; makes an empty generation',
  builder: (yargs) =>
    yargs
      .options({ ...profileOption, confirm, yes, engine, jobs })
      .options({ 'old-profile': oldProfile, 'wait-lock': waitLock, ...messageOption })
      .example('$0 undeploy', 'Stop all services')
      .example('$0 undeploy -p staging', 'Those of another profile'),
  run: async (args, context) => {
    const { deployNewGeneration, occasion, withLock } = await import('../deployment.js');
    const { buildEmptyProfile } = await import('../../profile/build-model.js');
    const { readBuiltProfile } = await import('../../generations/built-profile.js');
    // A CommonJS module: bundled, and imported when needed, it has a default export alone.
    const { default: temporary } = await import('tmp-promise');
    await withLock('undeploy', args, context, async (location) => {
      const current = await readBuiltProfile(args.oldProfile ?? location.link);
      if (current === null || current.manifest.units.length === 0) {
        context.log.info('nothing to do: nothing is deployed');
        return;
      }
      const { path: roots, cleanup } = await temporary.dir({ unsafeCleanup: true, prefix: 'nix-processmgmt-ts' });
      try {
        const next = await readBuiltProfile(await buildEmptyProfile(current.manifest, `${roots}/profile`, context));
        if (next === null) throw new Error('the empty profile has no manifest');
        await deployNewGeneration(location, next, occasion('undeploy', args, null, context), args, context);
      } finally {
        await cleanup();
      }
    });
    return undefined;
  },
});
