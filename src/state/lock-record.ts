import * as z from 'zod';

const lockRecord = z.object({
  /** Unique to one acquisition. */
  token: z.string().regex(/^[\w-]+$/),
  /** What the holder does, for people ("switch"). */
  command: z.string(),
  /** ISO 8601, UTC. */
  since: z.string(),
  process: z.object({
    pid: z.number().int().positive(),
    startTime: z.string(),
    bootId: z.string(),
    pidNamespace: z.string().nullable(),
    machine: z.string(),
  }),
});

/** Who holds a lock. */
export type LockHolder = z.infer<typeof lockRecord>;

/** @throws when the text of a lock was not written by this version of the program */
export const parseLockRecord = (text: string): LockHolder => lockRecord.parse(JSON.parse(text));
