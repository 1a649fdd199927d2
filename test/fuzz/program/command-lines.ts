import { join } from 'node:path';
import { commands } from '../../../src/cli/commands/index.js';
import { oldCommands } from '../../../src/cli/old-names/old-commands.js';
import * as optionGroups from '../../../src/cli/options.js';
import { restoreState } from './deployed-state.js';
import type { Dice } from './dice.js';
import { complaintAbout } from './judge.js';
import type { Kind } from './kind.js';
import { oddWords } from './mutate.js';
import { runTool } from './run-tool.js';
import type { World } from './world.js';

const names = commands.map(({ command }) => command.split(' ', 1)[0] ?? '');

/** Every option that any command has, as the program itself defines them. */
const options = Object.values(optionGroups as Readonly<Record<string, unknown>>).flatMap((group) =>
  typeof group === 'object' && group !== null ? Object.keys(group) : [],
);

const sensible = [
  ...['web', 'database', '1', '2', '3', '30d', '+2', 'old', 'all', 'list', 'log', 'diff', 'pin', 'systemd', 'sysvinit'],
  ...['x.nix', '{ }', '{ port = 1; }', 'processes', './profile', 'local', 'disnix', 'default', '10', '0'],
] as const;

/** Spellings that a parser of options may take for something else. */
const oddOptions = [
  ...['--no-out-link', '--no-force-disable-user-change', '--no-help', '--version', '--help', '-h', '-vvv', '--quiet'],
  ...['--profile.x=1', '--profile.x', '--profile.__proto__.x=1', '--__proto__.x=1', '--constructor.prototype.x=1'],
  ...[
    '--profile[]=x',
    '--profile=a',
    '--profile=b',
    '-pfoo',
    '-p=foo',
    '-P',
    '-PP',
    '-Psystemd',
    '--x',
    '-x',
    '-xyz',
    '--=x',
  ],
  ...[
    '-',
    '--',
    '---',
    '--jobs=',
    '--jobs=0',
    '--jobs=-1',
    '--jobs=1e9',
    '--settle=NaN',
    '--wait-lock=1.5',
    '--json=false',
  ],
  ...[
    '--show-hidden',
    '--get-yargs-completions',
    '--completion',
    '--$0',
    '--_=x',
    '--no-json',
    '--json.a=1',
    '-1',
    '-j2',
  ],
] as const;

const value = (dice: Dice, world: World): string =>
  dice.chance(0.4)
    ? dice.pick(oddWords)
    : dice.chance(0.3)
      ? dice.pick([world.profileOf('b'), world.directory, join(world.directory, 'nothing'), world.link])
      : dice.pick(sensible);

const word = (dice: Dice, world: World): readonly string[] => {
  switch (dice.int(6)) {
    case 0:
      return [dice.pick(oddOptions)];
    case 1:
      return [`--${dice.pick(options)}`];
    case 2:
      return [`--${dice.pick(options)}=${value(dice, world)}`];
    case 3:
      return [`--${dice.pick(options)}`, value(dice, world)];
    default:
      return [value(dice, world)];
  }
};

/** Commands that wait for somebody on purpose. */
const waits = new Set(['run', 'supervise']);

const refused = new Set([2, 3, 4, 5, 8, 9, 11]);

/** Words of all kinds on the command line, under our name or an old one. */
export const commandLinesKind: Kind = async (dice, setting) => {
  const { world, machine } = restoreState(setting.deployed, setting.systemd);
  process.chdir(join(world.directory, 'work'));
  try {
    const old = dice.chance(0.25) ? `/usr/bin/${dice.pick(oldCommands).name}` : null;
    const command = dice.chance(0.9) ? dice.pick(names.filter((name) => !waits.has(name))) : dice.pick(oddWords);
    const rest = Array.from({ length: dice.int(5) }, () => word(dice, world)).flat();
    // A command line is made of C strings.
    const line = [...(old === null ? [command] : []), ...rest].map((one) => one.replaceAll('\0', ''));
    if (line.includes('--follow') || line.includes('-f')) return { endings: [], complaint: null };
    if (old?.includes('svscan') === true) return { endings: [], complaint: null };
    const ending = await runTool(line, world.env, machine.run, old);
    const hasActed = machine.systemd.effects.length > 0;
    const isRefused = complaintAbout(ending) === null && refused.has(ending.exitCode ?? 0);
    return {
      endings: [ending],
      complaint: isRefused && hasActed ? `it is refused, but did ${machine.systemd.effects.join(', ')}` : null,
    };
  } finally {
    process.chdir('/');
    world.remove();
  }
};
