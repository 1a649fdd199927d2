import { access, constants } from 'node:fs/promises';
import { isatty } from 'node:tty';
import type { LogSource } from '../backends/backend.js';
import { ActivationError, exitCodes, type ExitCode } from '../system/errors.js';
import type { CommandContext } from './command.js';

const isReadable = (path: string): Promise<boolean> =>
  access(path, constants.R_OK).then(
    () => true,
    () => false,
  );

/**
 * Prints the log of an instance to stdout.
 *
 * @throws ActivationError when there is none to read
 */
export const showLog = async (
  instance: string,
  source: LogSource,
  { lines, follow }: { readonly lines: number; readonly follow: boolean },
  { run }: CommandContext,
): Promise<ExitCode> => {
  let command: readonly [string, ...string[]];
  if (source.kind === 'command') {
    command = source.command({ lines, follow });
  } else {
    const readable = await Promise.all(source.paths.map(isReadable));
    const paths = source.paths.filter((_, index) => readable[index]);
    if (paths.length === 0) {
      throw new ActivationError({
        what: `There is no log of "${instance}" to read`,
        why:
          source.paths.length === 0
            ? 'It is a daemon that writes its own log, and its manager does not know where'
            : `Looked for ${source.paths.join(', ')}`,
        fix: 'See the configuration of the service for where it logs',
      });
    }
    // tail(1): -F goes on when the file is rotated.
    command = ['tail', '-n', String(lines), ...(follow ? ['-F'] : []), '--', ...paths];
  }
  const [file, ...args] = command;
  // A file or a pipe gets every byte; a terminal would obey some.
  const { exitCode } = await run({ file, args, mode: isatty(1) ? 'show' : 'inherit' });
  return exitCode === 0 || exitCode >= 128 ? exitCodes.success : exitCodes.activationFailed;
};
