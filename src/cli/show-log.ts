import { closeSync, existsSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { LogSource } from '../backends/backend.js';
import { openGuarded } from '../state/shared-directory.js';
import { ActivationError, exitCodes, type ExitCode } from '../system/errors.js';
import { isUserCalled } from '../system/user-ids.js';
import type { CommandContext } from './command.js';
import { withStopSignals } from './stop-signals.js';

/** A log that may be shown, by the path to show it by. */
interface OpenLog {
  readonly path: string;
  readonly descriptor: number;
}

/**
 * Opens logs, so that nothing is shown that somebody has put in the place of one.
 *
 * @returns those that can be read, and why others cannot
 */
const openLogs = async (
  { paths, user }: Extract<LogSource, { kind: 'files' }>,
  { run }: Pick<CommandContext, 'run'>,
): Promise<{ readonly logs: readonly OpenLog[]; readonly refusals: readonly string[] }> => {
  const logs: OpenLog[] = [];
  const refusals: string[] = [];
  for (const path of paths) {
    const opened = await openGuarded(path, isUserCalled(user ?? null, run));
    if (opened.kind === 'refused') refusals.push(opened.why);
    if (opened.kind !== 'opened') continue;
    const { descriptor, isShared } = opened;
    // By what is open: the path may lead elsewhere by the time that tail opens it.
    const itself = `/proc/${String(process.pid)}/fd/${String(descriptor)}`;
    logs.push({ path: isShared && existsSync(itself) ? itself : path, descriptor });
  }
  return { logs, refusals };
};

/**
 * Prints the log of an instance to stdout.
 *
 * @throws ActivationError when there is none to read
 */
export const showLog = async (
  instance: string,
  source: LogSource,
  { lines, follow }: { readonly lines: number; readonly follow: boolean },
  context: CommandContext,
): Promise<ExitCode> => {
  let opened: readonly OpenLog[] = [];
  let command: readonly [string, ...string[]];
  if (source.kind === 'command') {
    command = source.command({ lines, follow });
  } else {
    const { logs, refusals } = await openLogs(source, context);
    opened = logs;
    if (logs.length === 0) {
      throw new ActivationError({
        what: `There is no log of "${instance}" to read`,
        why:
          source.paths.length === 0
            ? 'It is a daemon that writes its own log, and its manager does not know where'
            : [`Looked for ${source.paths.join(', ')}`, ...refusals].join('\n'),
        fix: 'See the configuration of the service for where it logs',
      });
    }
    // tail(1): -F goes on when the file is rotated.
    command = ['tail', '-n', String(lines), ...(follow ? ['-F'] : []), '--', ...logs.map(({ path }) => path)];
  }
  const [file, ...args] = command;
  // A file or a pipe gets every byte; a terminal would obey some.
  const request = { file, args, mode: isatty(1) ? 'show' : 'inherit' } as const;
  // Who follows a log ends that by a signal: nothing went wrong.
  const { exitCode } = await (follow
    ? withStopSignals(({ first }) => context.run({ ...request, signal: first }))
    : context.run(request));
  for (const { descriptor } of opened) closeSync(descriptor);
  return exitCode === 0 || exitCode >= 128 ? exitCodes.success : exitCodes.activationFailed;
};
