import { ModelError } from '../../system/errors.js';
import type { UnitContext } from '../backend.js';
import { launchScript, variablesLostInShells } from '../shared/launch-script.js';
import { formatOf, literalOf } from './format-string.js';
import { environmentEntry, fitsPath, fitsWord } from './ini.js';
import { storeName } from '../shared/required-tool.js';
import { tool } from './tools.js';

/** How a program is started: words, variables and directory, all format strings. */
export interface Execution {
  readonly command: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly directory: string | null;
}

/** The text that a format string stands for, for a launch script, where supervisord expands nothing. */
const plain = (format: string, where: string, { instance: { instance } }: UnitContext): string => {
  const literal = literalOf(format);
  if (literal !== null) return literal;
  throw new ModelError({
    what: `Process instance "${instance}" has a value that supervisord cannot take`,
    why: `${where} has an expansion of supervisord, "%(…)", together with characters that its configuration cannot hold`,
    fix: 'Write %% for a percent sign, or leave out line feeds, quotes and characters beyond ASCII',
  });
};

const pick = (all: Readonly<Record<string, string>>, wanted: (name: string, value: string) => boolean) =>
  Object.fromEntries(Object.entries(all).filter(([name, value]) => wanted(name, value)));

/** The same execution without what a configuration file cannot carry: that is moved into a launch script. */
export const carryExecution = (execution: Execution, throughShell: boolean, context: UnitContext): Execution => {
  const { command, variables, directory } = execution;
  const unfitCommand = !command.every(fitsWord);
  const unfitDirectory = directory !== null && !fitsPath(directory) ? directory : null;
  const unfitVariables = pick(variables, (name, value) => environmentEntry(name, value) === null);
  const shellsOwn = variablesLostInShells(variables);
  const needsScript = unfitCommand || unfitDirectory !== null || Object.keys(unfitVariables).length > 0;
  if (!needsScript && !(throughShell && Object.keys(shellsOwn).length > 0)) return execution;

  // The script is run by a shell: what would not survive that has to be set by it too.
  const moved: Readonly<Record<string, string>> = { ...unfitVariables, ...shellsOwn };
  const script = launchScript({
    coreutils: tool(context, 'coreutils'),
    directory: unfitDirectory === null ? null : plain(unfitDirectory, 'directory', context),
    environment: Object.fromEntries(
      Object.entries(moved).map(([name, value]) => [name, plain(value, `environment.${name}`, context)]),
    ),
    // A command that fits stays where it can be read.
    command: unfitCommand ? command.map((word) => plain(word, 'command', context)) : [],
  });
  const path = context.storeText(storeName(context.instance.name, 'values'), script);
  return {
    command: [...[tool(context, 'shell'), path].map(formatOf), ...(unfitCommand ? [] : command)],
    variables: pick(variables, (name) => !Object.hasOwn(moved, name)),
    directory: unfitDirectory === null ? directory : null,
  };
};
