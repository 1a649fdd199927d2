import type { ProfileFile } from '../backends/backend.js';
import { shellQuote } from '../backends/shared/shell-quote.js';
import { baseOf, chunks, inOut, parentOf } from './builder-words.js';

type Link = Extract<ProfileFile, { kind: 'link' }>;

/** A command line that takes any number of operands, with those that it gets. */
class Batches {
  readonly #operands = new Map<string, string[]>();

  add(command: string, operand: string): void {
    const operands = this.#operands.get(command);
    if (operands === undefined) this.#operands.set(command, [operand]);
    else operands.push(operand);
  }

  lines(): readonly string[] {
    return [...this.#operands].flatMap(([command, operands]) =>
      chunks(operands).map((some) => `${command} -- ${some.join(' ')}`),
    );
  }
}

/** How many programs make links at the same time; more than most machines that build have cores for. */
const parallel = 4;

/** Commands that need not wait for each other, as commands that run some at once and end when all of them have. */
const atOnce = (commands: readonly string[]): readonly string[] => {
  if (commands.length < 10 * parallel) return commands;
  const size = Math.ceil(commands.length / parallel);
  const groups = Array.from({ length: parallel }, (_, index) => commands.slice(index * size, (index + 1) * size));
  return [
    ...groups.flatMap((group, index) => ['(', ...group, ') &', `group${index}=$!`]),
    // One by one, since a wait for several tells of the last one alone; and for all of them, whatever has become of one.
    'status=0',
    ...groups.map((_, index) => `wait "$group${index}" || status=1`),
    'test "$status" = 0',
  ];
};

/**
 * Shell commands that make links. Each program that is started costs a millisecond, and ln(1) can only make links that
 * are called as their targets many at a time. Of other links only the first of its kind is made by itself: those of the
 * same name and target in other directories (a script is linked into every runlevel) are copied, many at a time.
 */
export const linkCommands = (links: readonly Link[]): readonly string[] => {
  const together = new Batches();
  const copies = new Batches();
  const single: string[] = [];
  const first = new Map<string, string>();
  for (const { path, target } of links) {
    const directory = inOut(parentOf(path));
    const kind = `${baseOf(path)}/${target}`;
    const original = first.get(kind);
    if (baseOf(path) === baseOf(target)) {
      together.add(`ln -s -t ${directory}`, shellQuote(target));
    } else if (original === undefined) {
      first.set(kind, path);
      single.push(`ln -s -- ${shellQuote(target)} ${inOut(path)}`);
    } else {
      copies.add(`cp -P -t ${directory}`, inOut(original));
    }
  }
  return [...together.lines(), ...atOnce(single), ...copies.lines()];
};
