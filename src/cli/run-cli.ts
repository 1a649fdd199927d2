import { isatty } from 'node:tty';
import yargs from 'yargs';
import { removeOwnTemporaries } from '../state/temporary-names.js';
import { ExplainedError, exitCodes, UsageError } from '../system/errors.js';
import type { Run } from '../system/ports.js';
import { createRun } from '../system/run.js';
import { visibleColoured, visibleText } from '../system/visible-text.js';
import { commands } from './commands/index.js';
import type { Command, CommandContext } from './command.js';
import { operandsIn, withoutEndOfOptions, withoutMarks } from './end-of-options.js';
import { createLateLog, type LateLog } from './late-log.js';
import { explain } from './report-error.js';
import { refuseEmptyValues } from './settings.js';
import { createStopRequests, endBySignal } from './stop-signals.js';
import { askOnTerminal, wantsColour } from './terminal.js';
import { helpWidth } from './terminal-width.js';

const asksForHelp = (args: readonly string[]): boolean => args.some((arg) => /^(?:--help|-[^-]*h)/.test(arg));

/** The command that is named first, alone, since yargs takes its time over each; without one, all of them. */
const commandsFor = ([first]: readonly string[]): readonly Command[] => {
  const named = commands.filter(({ command }) => command.split(' ', 1)[0] === first);
  return named.length > 0 ? named : commands;
};

/** What may be given more than once. */
const lists = new Set(['_', 'names', 'specs', 'include', 'I']);

/** Of any other option that was given more than once the last one counts, as users of getopt expect. */
const withoutRepetitions = (
  parsed: Readonly<Record<string, unknown>>,
  repeatable: readonly string[],
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(parsed).map(([name, value]): [string, unknown] => [
      name,
      Array.isArray(value) && !lists.has(name) && !repeatable.includes(name) ? value.at(-1) : value,
    ]),
  );

/** Of what yargs calls internal. */
interface YargsInternals {
  readonly getInternalMethods?: () => {
    readonly getUsageInstance?: () => { cacheHelpMessage?: () => void };
  };
}

/**
 * yargs makes the text of --help for every command that runs, for whoever asks for it while that runs: nobody does here,
 * and it takes a third of all that yargs does. --help itself is none of this.
 */
const withoutUnaskedHelp = (parser: object): void => {
  const usage = (parser as YargsInternals).getInternalMethods?.().getUsageInstance?.();
  if (usage?.cacheHelpMessage !== undefined) usage.cacheHelpMessage = () => undefined;
};

/** Knows what all commands have in common. */
const createParser = (args: readonly string[], version: string) => {
  // It looks for no files; without a second argument it would ask for the working directory, which may be gone.
  return yargs([...withoutEndOfOptions(args)], '/')
    .scriptName('nix-processmgmt-ts')
    .usage('$0 COMMAND [OPTIONS]\n\nRuns the services of a Nix process model under a process manager.')
    .version(version)
    .alias('help', 'h')
    .strict()
    .demandCommand(1, 'Say what to do: name a command')
    .recommendCommands()
    .wrap(asksForHelp(args) ? helpWidth(process.stdout) : null)
    .parserConfiguration({
      'boolean-negation': false,
      // An option is what it is called: "--profile.x" is none of ours, and no part of one.
      'dot-notation': false,
      'parse-positional-numbers': false,
    })
    .option('verbose', {
      type: 'boolean',
      global: true,
      group: 'Output:',
      describe: 'Tell more; show stacks of errors',
    })
    .option('quiet', { type: 'boolean', global: true, group: 'Output:', describe: 'Tell warnings and errors alone' })
    .epilogue('Exit codes and environment variables are listed in README.md.')
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      // yargs throws its own complaints about the command line, too.
      if (error !== undefined && error.name !== 'YError') throw error;
      throw new UsageError({
        what: withoutMarks(message ?? 'The command line is wrong'),
        fix: 'See: nix-processmgmt-ts --help',
      });
    });
};

/** Has the first signal end the command, as long as a command does not see to that itself. Returns what takes that back. */
const endCommandBySignal = (verbose: boolean, colour: boolean): (() => void) =>
  endBySignal((signal, afterSteps) => {
    const error = new ExplainedError(exitCodes.interrupted, {
      what: `${signal} ended the command`,
      why: afterSteps ? 'What it was asked to do to processes, it had done' : 'No process has been touched',
    });
    process.stderr.write(explain(error, verbose, colour).text);
    removeOwnTemporaries();
    // Whoever holds a lock gives it up at the exit; what we have started ends with us.
    process.exit(error.exitCode);
  });

/**
 * Runs one command line.
 *
 * @param args without the program's name
 * @param makeRun what runs programs. Default: the machine does
 * @returns the exit code; every failure has been reported on stderr
 */
export const runCli = async (
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  version: string,
  makeRun: (env: NodeJS.ProcessEnv) => Run = createRun,
): Promise<number> => {
  const verbose = args.includes('--verbose');
  const quiet = args.includes('--quiet');
  // Node takes its time to make a stream of stdout or stderr: nobody does until there is something to write.
  const colour = wantsColour({ isTTY: isatty(2) }, env);
  let log: LateLog | undefined;
  // The logger is made by who runs a command: --help and a wrong command line need none.
  const createContext = (): CommandContext => {
    log = createLateLog(async () => {
      const { createLogger } = await import('./logger.js');
      return createLogger(verbose ? 'verbose' : quiet ? 'quiet' : 'normal', colour);
    });
    const colourOfResults = wantsColour({ isTTY: isatty(1) }, env);
    const visible = colourOfResults ? visibleColoured : visibleText;
    return {
      run: makeRun(env),
      log,
      env,
      print: (text) => process.stdout.write(visible(text)),
      colour: colourOfResults,
      version,
      // Whoever does not read from stdin need not make a stream of it.
      ask: isatty(0) && isatty(2) ? askOnTerminal : null,
      stopSignals: createStopRequests(),
    };
  };
  let exitCode: number = exitCodes.success;
  const stopEnding = endCommandBySignal(verbose, colour);
  try {
    const parser = createParser(args, version);
    withoutUnaskedHelp(parser);
    for (const { command, describe, builder, repeatable = [], run } of commandsFor(args)) {
      parser.command({
        command,
        describe,
        builder,
        handler: async (parsed) => {
          const given = operandsIn(withoutRepetitions(parsed, repeatable));
          refuseEmptyValues(given);
          exitCode = (await run(given as never, createContext())) ?? exitCodes.success;
          await log?.told();
        },
      });
    }
    await parser.parseAsync();
    return exitCode;
  } catch (error) {
    // What went wrong counts, rather than that something about it cannot be told.
    await log?.told().catch(() => undefined);
    const { text, exitCode: failure } = explain(error, verbose, colour);
    process.stderr.write(text);
    return failure;
  } finally {
    stopEnding();
  }
};
