import { runOldCommand } from '../../../src/cli/old-names/run-old-command.js';
import { runCli } from '../../../src/cli/run-cli.js';
import type { Run } from '../../../src/system/ports.js';
import { realSetTimeout } from './virtual-time.js';

/** How one command line ended. */
export interface Ending {
  readonly line: readonly string[];
  /** Null: it did not end. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Real seconds after which a command counts as one that hangs. */
const patience = 10;

const listenTo = (stream: NodeJS.WriteStream): { readonly text: () => string; readonly end: () => void } => {
  const write = stream.write.bind(stream);
  let text = '';
  stream.write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    for (const one of rest) if (typeof one === 'function') (one as () => void)();
    return true;
  };
  return {
    text: () => text,
    end: () => {
      stream.write = write;
    },
  };
};

/**
 * Runs a command line in this process, as its executable would.
 *
 * @param old the executable of an old name; null for our own
 * @param run takes the place of all programs
 */
export const runTool = async (
  line: readonly string[],
  env: NodeJS.ProcessEnv,
  run: Run,
  old: string | null = null,
): Promise<Ending> => {
  const stdout = listenTo(process.stdout);
  const stderr = listenTo(process.stderr);
  let timer: NodeJS.Timeout | undefined;
  try {
    const ended =
      old === null ? runCli(line, env, '0.0.0', () => run) : runOldCommand(old, line, env, '0.0.0', () => run);
    const exitCode = await Promise.race([
      ended,
      new Promise<null>((resolve) => {
        timer = realSetTimeout(() => {
          resolve(null);
        }, patience * 1000);
      }),
    ]);
    return { line: old === null ? line : [old, ...line], exitCode, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    clearTimeout(timer);
    stdout.end();
    stderr.end();
  }
};
