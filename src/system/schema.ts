/**
 * Schemas: what zod/mini has, and the messages of zod. Of zod itself each schema gets dozens of methods when it is made,
 * which takes several milliseconds of every command.
 */
import { config } from 'zod/mini';
// Not from `locales`, which has the messages of all languages.
import english from 'zod/v4/locales/en.js';

config(english());

export * from 'zod/mini';
/** What `parse` throws. */
export { $ZodError as ZodError } from 'zod/v4/core';
