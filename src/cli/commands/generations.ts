import { defineCommand } from '../command.js';
import { activationOptions, jsonOption, messageOption, profileOption, ownOptions, withOptionsOf } from '../options.js';
import { UsageError, unreachable } from '../../system/errors.js';

const actions = ['list', 'log', 'diff', 'pin', 'unpin', 'switch', 'delete'] as const;
type Action = (typeof actions)[number];

/** What follows an action, for messages. */
const operands = {
  list: '',
  log: '',
  diff: '3 5',
  pin: '3',
  unpin: '3',
  switch: '3',
  delete: '3 4, or 30d, or old',
} as const satisfies Record<Action, string>;

/** @throws UsageError when a word is no generation number, or when there are fewer or more than allowed */
const numbersIn = (
  action: Action,
  specs: readonly string[],
  least: number,
  most: number,
): readonly [number, ...number[]] => {
  const numbers = specs.filter((spec) => /^[1-9]\d*$/.test(spec)).map(Number);
  const [first, ...others] = numbers;
  if (first === undefined || numbers.length !== specs.length || specs.length < least || specs.length > most) {
    const wanted = most === 1 ? 'one generation number' : most === 2 ? 'two generation numbers' : 'generation numbers';
    throw new UsageError({
      what: `generations ${action} takes ${wanted}`,
      fix: `For example: generations ${action} ${operands[action]}`,
    });
  }
  return [first, ...others];
};

export const generations = defineCommand({
  command: 'generations [action] [specs..]',
  describe: 'List generations and deployments; compare, pin, activate or delete generations',
  builder: (yargs) =>
    withOptionsOf(yargs, ownOptions)
      .positional('action', { choices: actions, default: 'list' as const, describe: 'What to do' })
      .positional('specs', {
        type: 'string',
        array: true,
        describe:
          'diff: two numbers; pin, unpin: numbers; switch: a number; ' +
          'delete: numbers, an age such as 30d, +N to keep the last N, old, or all',
      })
      .options({
        ...profileOption,
        ...jsonOption,
        plain: { type: 'boolean', describe: 'List as nix-env --list-generations does' },
        ...activationOptions,
        ...messageOption,
      })
      .example('$0 generations', 'List them')
      .example('$0 generations log', 'What was deployed when and by whom, failures included')
      .example('$0 generations diff 3 5', 'What changed from generation 3 to 5')
      .example('$0 generations pin 3', 'Keep generation 3, however old it gets')
      .example('$0 generations switch 3', 'Run generation 3 again')
      .example('$0 generations delete 30d', 'Delete those that are older than 30 days'),
  run: async (args, context) => {
    const specs = (args.specs ?? []).map(String);
    const { action, profile } = args;
    const json = args.json === true;
    switch (action) {
      case 'list': {
        const { printGenerations } = await import('../generations/list-generations.js');
        await printGenerations({ profile, json, plain: args.plain === true }, context);
        return undefined;
      }
      case 'log': {
        const { printDeployments } = await import('../generations/list-deployments.js');
        await printDeployments({ profile, json }, context);
        return undefined;
      }
      case 'diff': {
        const [before, after = before] = numbersIn(action, specs, 2, 2);
        const { printDifference } = await import('../generations/diff-generations.js');
        await printDifference({ profile, json, before, after }, context);
        return undefined;
      }
      case 'pin':
      case 'unpin': {
        const numbers = numbersIn(action, specs, 1, Infinity);
        const { withLock } = await import('../with-lock.js');
        const { requireGeneration } = await import('../../generations/generations.js');
        const { readPins, writePins } = await import('../../generations/pins.js');
        await withLock(`generations ${action}`, args, context, async (location) => {
          // What somebody else has deleted can be unpinned all the same.
          if (action === 'pin') for (const number of numbers) await requireGeneration(location, number);
          const pins = await readPins(location);
          const others = pins.filter((number) => !numbers.includes(number));
          await writePins(location, action === 'pin' ? [...others, ...numbers] : others);
        });
        return undefined;
      }
      case 'switch': {
        const [number] = numbersIn(action, specs, 1, 1);
        const { withLock } = await import('../with-lock.js');
        const { deployGeneration } = await import('../deploy-generation.js');
        await withLock('generations switch', args, context, (location) =>
          deployGeneration(location, { number, command: 'generations switch', history: null }, args, context),
        );
        return undefined;
      }
      case 'delete': {
        if (specs.length === 0) {
          throw new UsageError({
            what: 'generations delete takes at least one generation',
            fix: `For example: generations delete ${operands.delete}`,
          });
        }
        const { withLock } = await import('../with-lock.js');
        const { deleteGenerationsCalled } = await import('../generations/delete-generations.js');
        await withLock('generations delete', args, context, (location) =>
          deleteGenerationsCalled(location, specs, context),
        );
        return undefined;
      }
      default:
        return unreachable(action);
    }
  },
});
