import type { Timeouts } from '../../model/time-outs.js';
import type { DeployedUnit } from '../backend.js';

/** What can be asked of every script. */
export type ScriptActivity = 'start' | 'stop' | 'reload' | 'status';

/** As long as systemd waits, unless a unit says otherwise (systemd-system.conf(5), DefaultTimeoutStartSec). */
const patienceForScripts = 90;

/** A shell counts in whole seconds. */
const wholeSeconds = (seconds: number): string => String(Math.ceil(seconds));

/**
 * How long the script of a unit may take. Pure.
 *
 * @param otherwise for what the unit leaves open
 */
export const scriptTimeouts = (
  { startTimeout, stopTimeout }: Pick<DeployedUnit, 'startTimeout' | 'stopTimeout'>,
  otherwise: Timeouts,
): {
  /** What the scripts' own functions wait for: a PID file, and the end of a process before they kill it. */
  readonly limits: Readonly<Record<string, string>>;
  /** Seconds for a script as a whole, whatever else it does. */
  readonly patience: Readonly<Record<ScriptActivity, number>>;
} => {
  const start = startTimeout ?? otherwise.start;
  const stop = stopTimeout ?? otherwise.stop;
  return {
    limits: {
      ...(start === null ? {} : { NIXPROC_START_TIMEOUT: wholeSeconds(start) }),
      ...(stop === null ? {} : { NIXPROC_STOP_TIMEOUT: wholeSeconds(stop) }),
    },
    patience: {
      start: start ?? patienceForScripts,
      stop: (stop ?? 0) + patienceForScripts,
      reload: patienceForScripts,
      status: patienceForScripts,
    },
  };
};
