import { ModelError } from '../system/errors.js';
import type { Json } from '../system/json.js';
import * as z from '../system/schema.js';

/** What the `leftovers` attribute of an instance says of processes that it leaves behind: end them, or say nothing. */
export type Leftovers = 'end' | 'keep';

/**
 * What happens to them. `end`: all are ended; `bound`: its session, its process group and who listens at its port;
 * `process`: nobody but the process itself, as with systemd's KillMode=process.
 */
export type LeftoverPolicy = 'end' | 'bound' | 'process';

export const leftoversSchema = z.enum(['end', 'keep']);

/** @param endsAlone whether the model says that nothing but the process itself is ended */
export const leftoverPolicy = (leftovers: Leftovers | undefined, endsAlone: boolean): LeftoverPolicy => {
  if (leftovers === 'end') return 'end';
  return endsAlone ? 'process' : 'bound';
};

/**
 * Reads the `leftovers` attribute of an instance.
 *
 * @param value as the model has it; null where it has none, or none that can be evaluated
 * @throws ModelError naming the instance and what is allowed
 */
export const parseLeftovers = (value: Json, instance: string): Leftovers | null => {
  if (value === null) return null;
  const { success, data } = leftoversSchema.safeParse(value);
  if (success) return data;
  throw new ModelError({
    what: `Process instance "${instance}" has leftovers = ${JSON.stringify(value)}`,
    why: 'It says what becomes of processes that the instance leaves behind when it is stopped',
    fix: 'Write leftovers = "end"; to end them, or leftovers = "keep"; to be told nothing of them',
  });
};
