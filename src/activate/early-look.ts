import { NoAnswerError } from '../backends/shared/manager-answers.js';
import type { ObservedUnit } from '../plan/plan-activation.js';
import type { Sessions } from './sessions.js';

/** What a manager says of the current generation, before it is known what is to run. */
export interface Look {
  /** The store path of the generation that was looked at, as of one that is to go on. */
  readonly path: string;
  readonly sessions: Sessions;
  readonly observed: readonly ObservedUnit[];
}

/** A look that is taken while there is nothing else to do; nothing that goes wrong with it matters. */
export interface EarlyLook {
  /**
   * What was seen of a profile, if it is the one that was looked at, and not too long ago: where an evaluation takes longer
   * than that, another look hardly counts. Null: look yourself, and find out what is wrong.
   *
   * @throws NoAnswerError when a manager did not answer in time
   */
  readonly of: (path: string) => Promise<Look | null>;
}

/** How long what was seen is taken for what is, in milliseconds. */
const longest = 1000;

/**
 * Begins to look.
 *
 * @param look resolves to null when there is nothing to look at
 * @param now milliseconds since whenever. Default: the clock that nobody sets
 */
export const earlyLook = (look: () => Promise<Look | null>, now = () => performance.now()): EarlyLook => {
  const since = now();
  // Whoever looks again finds out what is wrong, unless that takes as long as a manager is waited for.
  const looking = look().catch((error: unknown) => (error instanceof NoAnswerError ? error : null));
  return {
    of: async (path) => {
      const seen = await looking;
      if (seen instanceof NoAnswerError) throw seen;
      return seen?.path === path && now() - since <= longest ? seen : null;
    },
  };
};
