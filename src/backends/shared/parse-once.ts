import type { JsonObject } from '../../system/json.js';
import type * as z from '../../system/schema.js';

/**
 * The parser of a schema that looks at each object once: a switch asks for what the manifest says of a unit many times, and
 * nobody changes it meanwhile.
 *
 * @returns a function that throws ZodError for what the schema does not allow
 */
export const parseOnce = <Result>(schema: z.ZodMiniType<Result>): ((data: JsonObject) => Result) => {
  const known = new WeakMap<JsonObject, { readonly parsed: Result }>();
  return (data) => {
    const before = known.get(data);
    if (before !== undefined) return before.parsed;
    const parsed = schema.parse(data);
    known.set(data, { parsed });
    return parsed;
  };
};
