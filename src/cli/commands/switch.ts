import type { EarlyLook } from '../../activate/early-look.js';
import { defineCommand } from '../command.js';
import {
  activationOptions,
  evaluationOptions,
  managerOption,
  messageOption,
  repairOption,
  profileOption,
  readPlanOption,
  stateDirectoryOptions,
  withModel,
  ownOptions,
  withOptionsOf,
} from '../options.js';

export const switchCommand = defineCommand({
  command: 'switch [model]',
  describe: 'Make the machine run a model (or a profile that build made)',
  builder: (yargs) =>
    withModel(withOptionsOf(yargs, ownOptions))
      .options({
        ...managerOption,
        ...profileOption,
        ...activationOptions,
        ...messageOption,
        ...readPlanOption,
        ...repairOption,
        ...stateDirectoryOptions,
        ...evaluationOptions,
      })
      .example('$0 switch -P supervisord processes.nix', 'Run the services of processes.nix')
      .example('$0 switch processes.nix', 'Again, after a change: only what changed restarts')
      .example(
        '$0 switch -P sysvinit --state-dir ~/var --force-disable-user-change processes.nix',
        'As an ordinary user',
      )
      .example("$0 switch -m 'New port' processes.nix", 'Say why: generations list shows it')
      .example('$0 switch --repair processes.nix', 'Undo what somebody has changed by hand since')
      .example('$0 switch ./result', 'Deploy a profile that build made')
      .example('$0 switch --plan plan.json', 'Do what plan --out plan.json has shown, or nothing'),
  run: async (args, context) => {
    if (args.plan !== undefined) {
      const { switchByPlan } = await import('../switch-by-plan.js');
      await switchByPlan(args.plan, args, context);
      return undefined;
    }
    const { buildFromArguments } = await import('../build-from-arguments.js');
    const { withLock } = await import('../with-lock.js');
    const loadDeployment = () => import('../deployment.js');
    await withLock('switch', args, context, async (location) => {
      let look: EarlyLook | undefined;
      const next = await buildFromArguments(args, location, null, context, {
        look: async () => {
          const { lookEarly } = await import('../look-early.js');
          look = lookEarly(location, args, context);
        },
        load: loadDeployment,
      });
      try {
        const { deployNewGeneration, deploymentOrigin } = await loadDeployment();
        const origin = deploymentOrigin('switch', args, next.source, context);
        await deployNewGeneration({ location, next, origin, look }, args, context);
        await next.remember?.();
      } finally {
        await next.release();
      }
    });
    return undefined;
  },
});
