import type { StopSignals } from '../system/ports.js';
import type { CommandContext } from './command.js';

/**
 * A context whose commands get no Ctrl-C and no hang-up of the terminal: that is for us, who end between two steps, and
 * not for a command in the middle of one.
 */
export const sparedByTerminal = (context: CommandContext): CommandContext => ({
  ...context,
  run: (request) => context.run({ ...request, ignoresTerminal: true }),
});

/** Stop signals that somebody gives. */
export interface StopRequests extends StopSignals {
  /** Aborts the first signal that is not aborted yet. */
  readonly ask: () => void;
}

export const createStopRequests = (): StopRequests => {
  const [first, second] = [new AbortController(), new AbortController()];
  return {
    first: first.signal,
    second: second.signal,
    ask: () => {
      [first, second].find(({ signal }) => !signal.aborted)?.abort();
    },
  };
};

/** How much is at work that ends by itself when a signal asks for it, and whether something of that kind ever was. */
const careful = { count: 0, wasEver: false };

/**
 * Has SIGINT and SIGTERM end this process wherever nothing is done that must not end in the middle of a step.
 *
 * @param end ends the process; it is told whether such a thing was done before
 * @returns undoes this
 */
export const endBySignal = (end: (signal: NodeJS.Signals, afterSteps: boolean) => never): (() => void) => {
  const handle = (signal: NodeJS.Signals): void => {
    if (careful.count === 0) end(signal, careful.wasEver);
  };
  process.on('SIGINT', handle).on('SIGTERM', handle);
  return () => {
    process.off('SIGINT', handle).off('SIGTERM', handle);
  };
};

/** Does something that decides itself what a signal means, as a question on the terminal does. */
export const handlingSignals = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  careful.count += 1;
  try {
    return await work();
  } finally {
    careful.count -= 1;
  }
};

/**
 * Does something that must not end in the middle of a step. SIGINT and SIGTERM are told to it, and it decides when to
 * end. SIGHUP does nothing: a terminal that is lost has not asked for anything.
 *
 * The handlers stay until the work is done: execa ends this process by a signal that comes while a subprocess runs and
 * that nobody else listens to.
 *
 * @param requests what the signals abort. Default: nobody else knows of them
 */
export const withStopSignals = async <Result>(
  work: (signals: StopSignals) => Promise<Result>,
  requests = createStopRequests(),
): Promise<Result> => {
  const goOn = (): void => undefined;
  careful.wasEver = true;
  process.on('SIGINT', requests.ask).on('SIGTERM', requests.ask).on('SIGHUP', goOn);
  try {
    return await handlingSignals(() => work(requests));
  } finally {
    process.off('SIGINT', requests.ask).off('SIGTERM', requests.ask).off('SIGHUP', goOn);
  }
};
