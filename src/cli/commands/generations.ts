import { defineCommand, type CommandContext } from '../command.js';
import type { Generation } from '../../generations/generations.js';
import { activationOptions, jsonOption, profileOption } from '../options.js';

/** The lines of nix-env --list-generations: number, local time, and which one is current. */
const plainList = (generations: readonly Generation[]): string =>
  generations
    .map(({ number, created, isCurrent }) => {
      const two = (value: number): string => String(value).padStart(2, '0');
      const day = [created.getFullYear(), two(created.getMonth() + 1), two(created.getDate())].join('-');
      const time = [created.getHours(), created.getMinutes(), created.getSeconds()].map(two).join(':');
      return `${String(number).padStart(4)}   ${day} ${time}   ${isCurrent ? '(current)' : ''}\n`;
    })
    .join('');

const actions = ['list', 'switch', 'delete'] as const;

const list = async (
  { profile, json, plain }: { readonly profile: string; readonly json: boolean; readonly plain: boolean },
  { env, print }: CommandContext,
): Promise<void> => {
  const { listGenerations } = await import('../../generations/generations.js');
  const { readBuiltProfile } = await import('../../generations/built-profile.js');
  const { profileLocation } = await import('../../generations/profile-location.js');
  const { formatTable } = await import('../terminal.js');
  const generations = await listGenerations(profileLocation(profile, env));
  if (plain) {
    print(plainList(generations));
    return;
  }
  const rows = await Promise.all(
    generations.map(async ({ number, link, created, isCurrent }) => {
      // A generation that cannot be read must not hide the others.
      const built = await readBuiltProfile(link).catch(() => null);
      return {
        number,
        created: created.toISOString(),
        manager: built?.manifest.manager ?? null,
        processes: built?.manifest.units.length ?? null,
        current: isCurrent,
      };
    }),
  );
  if (json) {
    print(`${JSON.stringify(rows, null, 2)}\n`);
  } else if (rows.length > 0) {
    print(
      formatTable([
        ['GENERATION', 'CREATED', 'MANAGER', 'PROCESSES', ''],
        ...rows.map(({ number, created, manager, processes, current }) => [
          String(number),
          created,
          manager ?? 'unknown',
          processes === null ? '?' : String(processes),
          current ? '(current)' : '',
        ]),
      ]),
    );
  }
};

export const generations = defineCommand({
  command: 'generations [action] [specs..]',
  describe: 'List generations, switch to one, or delete some',
  builder: (yargs) =>
    yargs
      .positional('action', { choices: actions, default: 'list' as const, describe: 'What to do' })
      .positional('specs', {
        type: 'string',
        array: true,
        describe: 'switch: a number; delete: numbers, an age such as 30d, +N to keep the last N, old, or all',
      })
      .options({
        ...profileOption,
        ...jsonOption,
        plain: { type: 'boolean', describe: 'List as nix-env --list-generations does' },
        ...activationOptions,
      })
      .example('$0 generations', 'List them')
      .example('$0 generations switch 3', 'Run generation 3 again')
      .example('$0 generations delete 30d', 'Delete those that are older than 30 days'),
  run: async (args, context) => {
    const specs = (args.specs ?? []).map(String);
    const { UsageError, unreachable } = await import('../../system/errors.js');
    switch (args.action) {
      case 'list':
        await list({ profile: args.profile, json: args.json === true, plain: args.plain === true }, context);
        return undefined;
      case 'switch': {
        const [spec, ...others] = specs;
        if (spec === undefined || others.length > 0 || !/^[1-9]\d*$/.test(spec)) {
          throw new UsageError({
            what: 'generations switch takes one generation number',
            fix: 'For example: generations switch 3',
          });
        }
        const { withLock, rememberLeaving } = await import('../deployment.js');
        const { deployGeneration } = await import('../deploy-generation.js');
        const { currentGeneration } = await import('../../generations/generations.js');
        await withLock('generations switch', args, context, async (location) => {
          const left = await currentGeneration(location);
          await deployGeneration(location, Number(spec), args, () => rememberLeaving(location, left), context);
        });
        return undefined;
      }
      case 'delete': {
        if (specs.length === 0) {
          throw new UsageError({
            what: 'generations delete takes at least one generation',
            fix: 'For example: generations delete 3 4, or 30d, or old',
          });
        }
        const { withLock } = await import('../deployment.js');
        const { deleteAllGenerations, deleteGenerations } = await import('../../generations/generations.js');
        const { writeHistory } = await import('../../generations/history.js');
        const { readBuiltProfile } = await import('../../generations/built-profile.js');
        const { prepareAccounts } = await import('../../activate/prepare-accounts.js');
        await withLock('generations delete', args, context, async (location) => {
          const current = await readBuiltProfile(location.link);
          const all = specs.includes('all');
          if (all) {
            await deleteAllGenerations(location);
            await writeHistory(location, []);
          } else {
            await deleteGenerations(location, specs, context);
          }
          if (all && current !== null && current.manifest.units.length > 0) {
            context.log.warn('what still runs of the current generation goes on running, and is no longer known');
            return;
          }
          // Users and groups that only the deleted generations named are nobody's now.
          if (current !== null) await (await prepareAccounts(location, current.manifest, context)).clean();
        });
        return undefined;
      }
      default:
        return unreachable(args.action);
    }
  },
});
