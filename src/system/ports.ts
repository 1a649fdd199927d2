import type { Logger } from 'pino';

/** Tells people what happens. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn'>;

/** One command to run: argv in. No shell is involved. */
export interface RunRequest {
  readonly file: string;
  readonly args: readonly string[];
  /** Variables added to the caller's environment; undefined removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /**
   * What the command reads from stdin. A function is called when the command has started; when it fails, there is nothing
   * to read, and that failure is the result once the command has ended. Default: nothing.
   */
  readonly input?: string | (() => Promise<string>);
  /**
   * `capture` collects stdout and stderr; `watch` does so too, and shows stderr meanwhile; `show` shows both, in which a
   * terminal obeys nothing; `inherit` lets both through. Default: capture.
   */
  readonly mode?: 'capture' | 'watch' | 'show' | 'inherit';
  /**
   * Milliseconds until the command is terminated, together with what it has started in a session of its own (see
   * ignoresTerminal). Default: none.
   */
  readonly timeout?: number;
  /**
   * Aborted: the command is killed at once, together with what it has started in a session of its own, and nothing more is
   * read of it. Default: none.
   */
  readonly signal?: AbortSignal;
  /**
   * The command may leave a daemon behind that keeps our pipes open: once the command itself has ended, a tenth of a
   * second without output ends the waiting. Default: false, wait until the output is closed.
   */
  readonly leavesDaemon?: boolean;
  /** Called when the command runs, for what can be done meanwhile. */
  readonly onStart?: () => void;
  /** The terminal's signals (Ctrl-C, hang-up) are not for this command: it gets a session of its own. Default: false. */
  readonly ignoresTerminal?: boolean;
  /**
   * What the command starts outlives it, and us: it gets nothing of our caller's (see cleanCommand) but the environment.
   * Default: false.
   */
  readonly startsClean?: boolean;
}

/** Facts out: the caller knows what a failure means. */
export interface RunResult {
  /** 128 + N when a signal ended the command. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** Set when stdout was not UTF-8; U+FFFD stands for what could not be read. */
  readonly malformedStdout?: true;
}

/** Runs a command to its end. Throws MissingProgramError when there is no such program, nothing for an exit code. */
export type Run = (request: RunRequest) => Promise<RunResult>;

/** What the signals that ask a command to end have asked so far. */
export interface StopSignals {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly first: AbortSignal;
  /** Aborted by the second one. */
  readonly second: AbortSignal;
}

/** What the parts that touch the machine are given. */
export interface Ports {
  readonly run: Run;
  readonly log: Log;
  /** The environment that the user called us with. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** End the waiting for a manager. Default: whoever sends a signal ends the whole process. */
  readonly stopSignals?: StopSignals | undefined;
}
