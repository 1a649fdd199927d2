import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { isatty } from 'node:tty';
import { UsageError } from '../../system/errors.js';
import type { Run } from '../../system/ports.js';
import { explain } from '../report-error.js';
import { runCli } from '../run-cli.js';
import { fromEnvironment } from '../settings.js';
import { formatTable, wantsColour } from '../terminal.js';
import { getopt } from './getopt.js';
import { oldCommands, type OldCommand } from './old-commands.js';
import { help } from './old-options.js';

/** A link may have another name than the command that it leads to. */
const commandAt = (path: string): OldCommand => {
  const names = [path, realpathSync(path)].map((candidate) => basename(candidate));
  const command = oldCommands.find(({ name }) => names.includes(name));
  if (command !== undefined) return command;
  throw new UsageError({
    what: `There is no command ${basename(path)}`,
    fix: `There are: ${oldCommands.map(({ name }) => name).join(', ')}`,
  });
};

const helpOf = ({ name, usage, describe, options }: OldCommand): string => {
  const rows = [...options, help].map(({ name: long, otherName, letter, takesValue, describe: meaning }) => [
    `  ${letter === undefined ? '   ' : `-${letter},`} --${long}${takesValue ? '=VALUE' : ''}`,
    otherName === undefined ? meaning : `${meaning} (also --${otherName})`,
  ]);
  return [
    ...usage.map((form, index) => `${index === 0 ? 'Usage:' : '   or:'} ${name} ${form}\n`),
    `\n${describe}\n\nOptions:\n`,
    formatTable(rows),
    '\nThis is a part of nix-processmgmt-ts; see: nix-processmgmt-ts --help\n',
  ].join('');
};

/**
 * Runs a command of nix-processmgmt: its options are translated into those of ours.
 *
 * @param path the executable, which is called as the command
 * @param makeRun as in runCli
 * @returns the exit code; every failure has been reported on stderr
 */
export const runOldCommand = async (
  path: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  version: string,
  makeRun?: (env: NodeJS.ProcessEnv) => Run,
): Promise<number> => {
  const colour = wantsColour({ isTTY: isatty(2) }, env);
  try {
    const command = commandAt(path);
    const line = getopt(args, [...command.options, help]);
    if (line.options.has('help')) {
      process.stdout.write(helpOf(command));
      return 0;
    }
    const translated = command.translate(line, env);
    if (fromEnvironment(env, 'NIXPROC') !== undefined) {
      const { createLogger } = await import('../logger.js');
      createLogger('normal', colour).info('note: NIXPROC is set, but not needed: the framework is built in');
    }
    return await runCli(translated, env, version, makeRun);
  } catch (error) {
    const { text, exitCode } = explain(error, false, colour);
    process.stderr.write(text);
    return exitCode;
  }
};
