/**
 * Schemas: what zod/mini has, and the messages of zod. Of zod itself each schema gets dozens of methods when it is made,
 * which takes several milliseconds of every command.
 */
import { config } from 'zod/mini';
// Not from `locales`, which has the messages of all languages.
import english from 'zod/v4/locales/en.js';

config(english());

// By name: of all that there is, the bundle then leaves out what nobody uses, also where the program is in several files.
export {
  NEVER,
  _default,
  array,
  boolean,
  catch,
  custom,
  discriminatedUnion,
  enum,
  exactOptional,
  extend,
  int,
  iso,
  json,
  literal,
  looseObject,
  maximum,
  minLength,
  minimum,
  nonnegative,
  nullable,
  nullish,
  number,
  object,
  optional,
  pipe,
  positive,
  prettifyError,
  readonly,
  record,
  refine,
  regex,
  startsWith,
  strictObject,
  string,
  superRefine,
  transform,
  tuple,
  union,
  unknown,
} from 'zod/mini';
export type { ZodMiniObject, ZodMiniType, core, infer, output } from 'zod/mini';
/** What `parse` throws. */
export { $ZodError as ZodError } from 'zod/v4/core';
