import { spawn, type StdioOptions } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { MissingProgramError } from './run.js';

/** A command that tells what it does on descriptor 3, a line each. */
export interface EventfulCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where all goes that it prints; null: to the terminal, from which it reads, too. */
  readonly logFile: string | null;
  readonly onEvent: (line: string) => void;
  /** Aborted: its standard input is closed, by which it knows that it is to end. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs such a command to its end. Its standard input is open for as long as this process lives, however that ends.
 *
 * @returns its exit code, 128 for a signal
 * @throws MissingProgramError
 */
export const runWithEvents = ({ file, args, env, logFile, onEvent, signal }: EventfulCommand): Promise<number> => {
  const log = logFile === null ? null : openSync(logFile, 'a');
  const streams: StdioOptions = log === null ? ['inherit', 'inherit', 'inherit', 'pipe'] : ['pipe', log, log, 'pipe'];
  // In a session of its own: Ctrl-C is for us, who tell it to end.
  const command = spawn(file, args, { stdio: streams, env, detached: log !== null });
  if (log !== null) closeSync(log);
  const events = createInterface({ input: command.stdio[3] as Readable });
  events.on('line', onEvent);
  const over = new Promise((resolve) => events.once('close', resolve));
  const end = (): void => {
    command.stdin?.end();
  };
  // It may have ended already.
  command.stdin?.on('error', () => undefined);
  if (signal?.aborted === true) end();
  signal?.addEventListener('abort', end);
  return new Promise((resolve, reject) => {
    command.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? new MissingProgramError(file, { cause: error }) : error);
    });
    command.once('exit', (code) => {
      signal?.removeEventListener('abort', end);
      command.stdin?.destroy();
      void over.then(() => {
        resolve(code ?? 128);
      });
    });
  });
};
