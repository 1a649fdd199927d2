import { accessSync, constants } from 'node:fs';
import { constants as system } from 'node:os';
import type { Subprocess } from 'execa';
import { ExplainedError, exitCodes } from './errors.js';
import type { Run, RunRequest, RunResult } from './ports.js';

/** A program that we need is not on PATH. */
export class MissingProgramError extends ExplainedError {
  readonly program: string;

  constructor(program: string, options?: ErrorOptions) {
    super(
      exitCodes.managerUnavailable,
      {
        what: `The program "${program}" was not found`,
        why: program.includes('/') ? 'There is no such executable file' : 'No directory on PATH holds it',
        fix: `Install it, or add its directory to PATH`,
      },
      options,
    );
    this.program = program;
  }
}

const stdio = {
  capture: { stdout: 'pipe', stderr: 'pipe' },
  watch: { stdout: 'pipe', stderr: 'pipe' },
  show: { stdout: 'pipe', stderr: 'pipe', buffer: false },
  inherit: { stdout: 'inherit', stderr: 'inherit' },
} as const;

const exitCodeOf = (result: { exitCode?: number | undefined; signal?: string | undefined }): number => {
  if (result.exitCode !== undefined) return result.exitCode;
  const signals: Readonly<Record<string, number>> = system.signals;
  return 128 + (result.signal === undefined ? 0 : (signals[result.signal] ?? 0));
};

/** Most of what programs print is UTF-8; what is not is replaced, and said. */
const decode = (bytes: Uint8Array | undefined): { text: string; isUtf8: boolean } => {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), isUtf8: true };
  } catch {
    return { text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), isUtf8: false };
  }
};

/** Closes our ends of the pipes when the command has ended and nothing more has come for a tenth of a second. */
const closeWhenIdle = (command: Subprocess): void => {
  const streams = [command.stdout, command.stderr].filter((stream) => stream !== null);
  command.once('exit', () => {
    // Where they are closed before, nobody has to wait for it.
    const idle = setTimeout(() => {
      for (const stream of streams) stream.destroy();
    }, 100).unref();
    for (const stream of streams) {
      stream.on('data', () => {
        idle.refresh();
      });
    }
  });
};

/**
 * The directory to run a command in that does not care: ours, or the root where ours lets nobody in. Somebody who became
 * another user may be in a directory that this user cannot enter.
 */
const anyDirectory = (): string => {
  try {
    const directory = process.cwd();
    accessSync(directory, constants.X_OK);
    return directory;
  } catch {
    return '/';
  }
};

/** Gives a command what it is to read. */
const feed = async ({ stdin }: Subprocess, input: NonNullable<RunRequest['input']>): Promise<void> => {
  // A command that ends without having read everything says by its exit code whether that is wrong.
  stdin?.on('error', () => undefined);
  let text = '';
  try {
    text = typeof input === 'string' ? input : await input();
  } finally {
    stdin?.end(text);
  }
};

/** What a command that was terminated has started in its own session ends with it. */
const endGroup = ({ pid }: Subprocess): void => {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody was left.
  }
};

/**
 * Runs one command with execa; the only place that starts processes.
 *
 * @throws MissingProgramError when the program does not exist.
 */
export const createRun =
  (env: Readonly<Record<string, string | undefined>>): Run =>
  async (request: RunRequest): Promise<RunResult> => {
    const { execa } = await import('execa');
    const { mode = 'capture' } = request;
    const showOutput =
      mode === 'watch' || mode === 'show' ? (await import('./show-output.js')).showOutput : () => undefined;
    const clean = request.startsClean === true ? await import('./clean-command.js') : null;
    const { file, args } = clean?.cleanCommand(request.file, request.args) ?? request;
    const command = execa(file, args, {
      ...stdio[mode],
      reject: false,
      stripFinalNewline: false,
      extendEnv: false,
      env: { ...env, ...request.env },
      // Without input there is nothing to read: a command must not wait for the user's terminal.
      stdin: request.input === undefined ? 'ignore' : 'pipe',
      cwd: request.cwd ?? anyDirectory(),
      ...(request.ignoresTerminal === true ? { detached: true } : {}),
      ...(request.timeout === undefined ? {} : { timeout: request.timeout }),
      encoding: 'buffer',
      maxBuffer: 1024 * 1024 * 1024,
    });
    const fed = request.input === undefined ? null : feed(command, request.input);
    // Its failure is ours as well, but only once the command has ended.
    fed?.catch(() => undefined);
    request.onStart?.();
    showOutput(command.stderr, process.stderr);
    if (mode === 'show') showOutput(command.stdout, process.stdout);
    if (request.leavesDaemon === true) closeWhenIdle(command);
    const end = (): void => {
      if (request.ignoresTerminal === true) endGroup(command);
      else command.kill('SIGKILL');
      // Whoever has inherited them may live on.
      command.stdout?.destroy();
      command.stderr?.destroy();
    };
    if (request.signal?.aborted === true) end();
    request.signal?.addEventListener('abort', end);
    const result = await command;
    request.signal?.removeEventListener('abort', end);
    await fed;
    if (result.timedOut && request.ignoresTerminal === true) endGroup(command);
    if (result.failed && 'code' in result && (result.code === 'ENOENT' || result.code === 'EACCES')) {
      throw new MissingProgramError(request.file, { cause: result });
    }
    const stdout = decode(result.stdout);
    const exitCode = exitCodeOf(result);
    const stderr = decode(result.stderr).text;
    if (clean?.saysMissing({ exitCode, stderr }) === true) throw new MissingProgramError(request.file);
    return {
      exitCode,
      stdout: stdout.text,
      stderr,
      timedOut: result.timedOut,
      ...(stdout.isUtf8 ? {} : { malformedStdout: true as const }),
    };
  };
