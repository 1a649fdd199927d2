import type { CommandContext } from './command.js';

/**
 * A context whose commands get no Ctrl-C and no hang-up of the terminal: that is for us, who end between two steps, and
 * not for a command in the middle of one.
 */
export const sparedByTerminal = (context: CommandContext): CommandContext => ({
  ...context,
  run: (request) => context.run({ ...request, ignoresTerminal: true }),
});

/** What the signals that ask a command to end have asked so far. */
export interface StopSignals {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly first: AbortSignal;
  /** Aborted by the second one. */
  readonly second: AbortSignal;
}

/**
 * Does something that must not end in the middle of a step. SIGINT and SIGTERM are told to it, and it decides when to
 * end. SIGHUP does nothing: a terminal that is lost has not asked for anything.
 *
 * The handlers stay until the work is done: execa ends this process by a signal that comes while a subprocess runs and
 * that nobody else listens to.
 */
export const withStopSignals = async <Result>(work: (signals: StopSignals) => Promise<Result>): Promise<Result> => {
  const controllers = [new AbortController(), new AbortController()] as const;
  const abort = (): void => {
    controllers.find(({ signal }) => !signal.aborted)?.abort();
  };
  const goOn = (): void => undefined;
  process.on('SIGINT', abort).on('SIGTERM', abort).on('SIGHUP', goOn);
  try {
    return await work({ first: controllers[0].signal, second: controllers[1].signal });
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort).off('SIGHUP', goOn);
  }
};
