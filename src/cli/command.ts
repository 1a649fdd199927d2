import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { ExitCode } from '../system/errors.js';
import type { Ports } from '../system/ports.js';
import type { StopRequests } from './stop-signals.js';

/** What a command is given besides its own arguments. */
export interface CommandContext extends Ports {
  /** Writes a result to stdout. */
  readonly print: (text: string) => void;
  /** Whether stdout shows colours. */
  readonly colour: boolean;
  /** Of this program. */
  readonly version: string;
  /** Shows a text on the terminal and gives the line that a person answers; "" for none. Null without a terminal. */
  readonly ask: ((text: string) => Promise<string>) | null;
  /** What withStopSignals may tell to whoever waits for a manager. */
  readonly stopSignals: StopRequests;
}

/** Exit codes of `status`, as the LSB defines them for init scripts: 3 is "not running", 4 "unknown". */
export type StatusCode = 0 | 3 | 4;

/** A command in yargs' terms, whose handler gets our ports and returns its exit code (nothing: 0). */
export interface Command {
  readonly command: string;
  readonly describe: string;
  readonly builder: (yargs: Argv) => Argv;
  /** Options that may be given more than once, by all their names. Default: of each the last one counts. */
  readonly repeatable?: readonly string[];
  readonly run: (args: never, context: CommandContext) => Promise<ExitCode | StatusCode | undefined>;
}

/** Ties the type of a command's arguments to what its builder declares. */
export const defineCommand = <Arguments>(definition: {
  readonly command: string;
  readonly describe: string;
  readonly builder: (yargs: Argv) => Argv<Arguments>;
  readonly repeatable?: readonly string[];
  readonly run: (
    args: ArgumentsCamelCase<Arguments>,
    context: CommandContext,
  ) => Promise<ExitCode | StatusCode | undefined>;
}): Command => definition;
