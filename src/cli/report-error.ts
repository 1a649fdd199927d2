import { ExplainedError, exitCodes, type ExitCode } from '../system/errors.js';
import { explainUnforeseen } from '../state/file-errors.js';
import { maskSecrets } from '../system/secrets.js';
import { visibleText } from '../system/visible-text.js';
import { paint } from './terminal.js';

/** Words of a model, a service or another program are shown, not obeyed, and without its secrets. */
const shown = (text: string): string => visibleText(maskSecrets(text));

const indent = (text: string): string => shown(text.trim()).replace(/\n/g, '\n       ');

const causesOf = (error: Error): string =>
  error.cause instanceof Error ? `\ncaused by: ${error.cause.stack ?? error.cause.message}` : '';

/** The words for a failure and the exit code that belongs to it. */
export const explain = (error: unknown, verbose: boolean, colour: boolean): { text: string; exitCode: ExitCode } => {
  const lines = (what: string, why: string | undefined, fix: string | undefined, stack: string | undefined): string =>
    [
      `${paint('error:', 'red', colour)} ${shown(what)}`,
      ...(why === undefined || why === '' ? [] : [`  why: ${indent(why)}`]),
      ...(fix === undefined || fix === '' ? [] : [`  fix: ${indent(fix)}`]),
      ...(verbose && stack !== undefined ? ['', shown(stack)] : []),
      '',
    ].join('\n');

  if (error instanceof ExplainedError) {
    const stack = `${error.stack ?? ''}${causesOf(error)}`;
    return { text: lines(error.message, error.why, error.fix, stack), exitCode: error.exitCode };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const explained = explainUnforeseen(error);
  if (explained instanceof ExplainedError) return explain(explained, verbose, colour);
  return {
    text: lines(
      `This is a bug in nix-processmgmt-ts: ${message}`,
      undefined,
      'Please report it with the output of --verbose',
      stack,
    ),
    exitCode: exitCodes.bug,
  };
};
