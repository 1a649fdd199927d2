import * as z from '../system/schema.js';

const record = z.strictObject({
  key: z.string(),
  path: z.string(),
  notes: z.array(z.string()),
  warnings: z.array(z.string()),
});

/** What a generation was built from, and what the user was told then. */
export type BuildRecord = z.infer<typeof record>;

/** @throws ZodError or SyntaxError for what another version of this program wrote */
export const parseBuildRecord = (text: string): BuildRecord => record.parse(JSON.parse(text));
