import { defineCommand } from '../command.js';
import { activationOptions, messageOption, profileOption, ownOptions, withOptionsOf } from '../options.js';

const {
  confirm,
  jobs,
  'answer-timeout': answerTimeout,
  'stop-timeout': stopTimeout,
  'old-profile': oldProfile,
  'wait-lock': waitLock,
  yes,
} = activationOptions;

export const undeploy = defineCommand({
  command: 'undeploy',
  describe: 'Stop everything that the current generation runs; makes an empty generation',
  builder: (yargs) =>
    withOptionsOf(yargs, ownOptions)
      .options({ ...profileOption, confirm, yes, jobs, 'stop-timeout': stopTimeout })
      .options({ 'answer-timeout': answerTimeout })
      .options({ 'old-profile': oldProfile, 'wait-lock': waitLock, ...messageOption })
      .example('$0 undeploy', 'Stop all services')
      .example('$0 undeploy -p staging', 'Those of another profile'),
  run: async (args, context) => {
    const { withLock } = await import('../with-lock.js');
    const { withEmptyProfile } = await import('../with-empty-profile.js');
    const { lookEarly } = await import('../look-early.js');
    const { readBuiltProfile } = await import('../../generations/built-profile.js');
    const { readCurrentProfile } = await import('../../activate/current-profile.js');
    const { managedProfile } = await import('../../activate/look-at-current.js');
    const { readUnfinishedSwitch } = await import('../../activate/unfinished-switch.js');
    await withLock('undeploy', args, context, async (location) => {
      const { built: current, damage } =
        args.oldProfile === undefined
          ? await readCurrentProfile(location)
          : { built: await readBuiltProfile(args.oldProfile), damage: null };
      const unfinished = await readUnfinishedSwitch(location, context);
      // Where nothing is deployed yet, a first switch may have been killed.
      const deployed = [current, ...(unfinished?.reached ?? [])].find(
        (profile) => managedProfile(profile, location.name) !== null,
      );
      if (deployed === undefined || deployed === null) {
        if (damage !== null) throw damage;
        // An undeployment that was killed in its last step.
        const { planBoot } = await import('../../boot/plan-boot.js');
        const boot = await planBoot(location, { wanted: 'disable', repair: false }, context);
        const { carryOutBoot } = await import('../deployment.js');
        await carryOutBoot(boot, context);
        context.log.info('nothing to do: nothing is deployed');
        return;
      }
      // Nix builds meanwhile.
      const look = lookEarly(location, args, context);
      await withEmptyProfile(deployed, location, context, async (next) => {
        const { deployNewGeneration, deploymentOrigin } = await import('../deployment.js');
        const origin = deploymentOrigin('undeploy', args, null, context);
        await deployNewGeneration({ location, next, origin, look }, args, context);
      });
    });
    return undefined;
  },
});
