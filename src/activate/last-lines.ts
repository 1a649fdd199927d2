import type { LogSource } from '../backends/backend.js';
import { linesSince, markLogs, type LogMark } from '../backends/shared/log-tail.js';
import { ExplainedError } from '../system/errors.js';
import type { Run } from '../system/ports.js';
import { isUserCalled } from '../system/user-ids.js';

/** How many lines of its log a failure shows. */
const count = 10;

/** Remembers how long a log is now; what is told by a command cannot be remembered. */
export const markLog = (source: LogSource): Promise<LogMark> => markLogs(source.kind === 'files' ? source.paths : []);

/**
 * The last lines of a log, ten at most.
 *
 * @param mark from when on lines of files count
 */
export const lastLines = async (source: LogSource, mark: LogMark, run: Run): Promise<readonly string[]> => {
  if (source.kind === 'files') return linesSince(mark, count, isUserCalled(source.user ?? null, run));
  const [file, ...args] = source.command({ lines: count, follow: false });
  try {
    const { exitCode, stdout, stderr } = await run({ file, args, timeout: 10_000 });
    if (exitCode !== 0) return [];
    return `${stdout}${stderr}`
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-count);
  } catch (error) {
    // What tells the log is not there: the failure itself is what has to be told.
    if (error instanceof ExplainedError) return [];
    throw error;
  }
};
