import { ModelError } from '../system/errors.js';
import type { Json } from '../system/json.js';
import * as z from '../system/schema.js';

/** How long a process may take, in seconds; null where nobody says anything. */
export interface Timeouts {
  /** Until it has started. */
  readonly start: number | null;
  /** From the request to end until it is killed. */
  readonly stop: number | null;
}

/** More than nothing, and at most a day. */
export const secondsSchema = z.number().check(z.positive(), z.maximum(86_400));

/**
 * Reads the `startTimeout` or `stopTimeout` attribute of an instance.
 *
 * @param value as the model has it; null where it has none, or none that can be evaluated
 * @returns seconds; null for none
 * @throws ModelError naming the instance, the attribute and what is allowed
 */
export const parseTimeout = (
  value: Json,
  attribute: 'startTimeout' | 'stopTimeout',
  instance: string,
): number | null => {
  if (value === null) return null;
  const { success, data, error } = secondsSchema.safeParse(value);
  if (success) return data;
  throw new ModelError(
    {
      what: `Process instance "${instance}" has a ${attribute} that is no time`,
      why: error.issues.map(({ message }) => message).join('\n'),
      fix: `Write a number of seconds: ${attribute} = 120;`,
    },
    { cause: error },
  );
};
