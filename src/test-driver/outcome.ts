import * as z from '../system/schema.js';
import type { VariantName } from './variant.js';

/** Where and how the script of a variant, or its deployment, failed; as the driver tells it (nix/test-driver). */
const failureEvent = z.object({
  event: z.literal('failure'),
  /** Of the script, or what comes before it: boot, manager, deploy. */
  phase: z.string(),
  instance: z.nullable(z.string()),
  message: z.nullable(z.string()),
  command: z.nullable(z.string()),
  status: z.nullable(z.number()),
  /** The end of what the command has printed. */
  output: z.string(),
  /** Within the piece of the script. */
  line: z.nullable(z.number()),
  text: z.nullable(z.string()),
  logs: z.array(z.object({ name: z.string(), lines: z.array(z.string()) })),
});

const event = z.discriminatedUnion('event', [
  z.object({ event: z.literal('phase'), name: z.string(), instance: z.nullable(z.string()), at: z.number() }),
  failureEvent,
  z.object({ event: z.literal('kept'), enter: z.string(), end: z.string() }),
  z.object({
    event: z.literal('end'),
    result: z.enum(['passed', 'failed', 'not-tried']),
    reason: z.nullable(z.string()),
    seconds: z.record(z.string(), z.number()),
  }),
]);

export type TestFailure = Omit<z.infer<typeof failureEvent>, 'event'>;
export type TestEvent = z.infer<typeof event>;

/** Null for a line that is no event: programs of a test may write where they should not. */
export const parseTestEvent = (line: string): TestEvent | null => {
  try {
    return event.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
};

/** How a variant went. */
export type Outcome =
  | { readonly kind: 'passed'; readonly seconds: number; readonly parts: Readonly<Record<string, number>> }
  | {
      readonly kind: 'failed';
      readonly seconds: number;
      readonly parts: Readonly<Record<string, number>>;
      /** In a sentence. */
      readonly reason: string;
      /** Null for what is wrong before anything is run. */
      readonly failure: TestFailure | null;
    }
  | { readonly kind: 'not tried'; readonly reason: string };

/** A variant and how it went. */
export interface Result {
  readonly variant: VariantName;
  readonly outcome: Outcome;
  /** All that was printed; null where nothing was run. */
  readonly logFile: string | null;
}
