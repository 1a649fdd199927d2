import * as z from '../system/schema.js';

const lockRecord = z.object({
  /** Unique to one acquisition. */
  token: z.string().check(z.regex(/^[\w-]+$/)),
  /** What the holder does, for people ("switch"). */
  command: z.string(),
  /** ISO 8601, UTC. */
  since: z.string(),
  process: z.object({
    pid: z.int().check(z.positive()),
    startTime: z.string(),
    bootId: z.string(),
    pidNamespace: z.nullable(z.string()),
    machine: z.string(),
  }),
});

/** Who holds a lock. */
export type LockHolder = z.infer<typeof lockRecord>;

/** @throws when the text of a lock was not written by this version of the program */
export const parseLockRecord = (text: string): LockHolder => lockRecord.parse(JSON.parse(text));
