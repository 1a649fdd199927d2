import type { Log } from '../system/ports.js';

/** A log that can be written to before there is a logger. */
export interface LateLog extends Log {
  /** Resolves when all has been told that was logged until now. @throws what `load` has thrown */
  readonly told: () => Promise<void>;
}

type Level = keyof Log;

/**
 * A log whose logger is loaded when the event loop turns for the first time: that is when a command has started Nix, which
 * nobody should keep waiting. What was logged before is told then.
 */
export const createLateLog = (load: () => Promise<Log>): LateLog => {
  const waiting: ((log: Log) => void)[] = [];
  let log: Log | undefined;
  let loading: Promise<void> | undefined;
  const told = (): Promise<void> =>
    (loading ??= load().then((loaded) => {
      log = loaded;
      for (const tell of waiting) tell(loaded);
    }));
  // Whoever waits for what was told learns why it could not be.
  setImmediate(() => void told().catch(() => undefined));
  const at = <L extends Level>(level: L): Log[L] =>
    ((...line: Parameters<Log[L]>) => {
      const tell = (logger: Log): void => {
        (logger[level] as (...words: Parameters<Log[L]>) => void)(...line);
      };
      if (log === undefined) waiting.push(tell);
      else tell(log);
    }) as Log[L];
  return { debug: at('debug'), info: at('info'), warn: at('warn'), told };
};
