import type { Run } from '../system/ports.js';

/** What is done while somebody else works. */
export interface Pastime {
  /** At once: asks what runs. Default: nobody wants to know. */
  readonly look?: (() => Promise<unknown>) | undefined;
  /** When that is asked, or else there would be no answer before all is loaded. */
  readonly load: () => readonly unknown[];
  /** Nothing of it is needed if what runs is what is wanted: so after a look only while there is time. */
  readonly loadMore?: () => readonly unknown[];
}

/** Milliseconds of an evaluation after which it does not matter any more what is loaded besides. */
const longEnough = 100;

/**
 * Runs commands, and has something done when the first one is at work, which is Nix: Node has nothing else to do then.
 * Whoever needs what failed of that will say what is wrong with it.
 */
export const whileRunning = (run: Run, { look, load, loadMore = () => [] }: Pastime): Run => {
  const loadAll = (): void => void Promise.allSettled([...load(), ...(look === undefined ? loadMore() : [])]);
  let isFirst = true;
  return async (command) => {
    if (!isFirst) return run(command);
    isFirst = false;
    let later: NodeJS.Timeout | undefined;
    const onStart = (): void => {
      void look?.().catch(() => undefined);
      setImmediate(loadAll);
      if (look !== undefined) later = setTimeout(() => void Promise.allSettled(loadMore()), longEnough);
    };
    try {
      return await run({ ...command, onStart });
    } finally {
      clearTimeout(later);
    }
  };
};
