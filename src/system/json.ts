import stableStringify from 'fast-json-stable-stringify';

/** Plain data, as JSON carries it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether JSON.stringify writes all keys in order: it takes them as they come, but whole numbers first. */
const isInOrder = (value: Json): boolean => {
  if (typeof value !== 'object' || value === null) return true;
  const isList = Array.isArray(value);
  const members = value as JsonObject;
  let last = '';
  // Where code runs for the first time, this takes a third of what loops over lists of keys and elements do.
  for (const key in members) {
    if ((!isList && key < last) || !isInOrder(members[key] ?? null)) return false;
    last = key;
  }
  return true;
};

/**
 * JSON text with sorted keys: the same data always gives the same bytes. What is in order already is written several times
 * as fast.
 */
export const toStableJson = (value: Json): string =>
  isInOrder(value) ? JSON.stringify(value) : stableStringify(value);

/**
 * Merges `changes` into `base` recursively, as nixpkgs' `lib.recursiveUpdate` does: attribute sets are merged key by
 * key, every other value of `changes` replaces the one of `base`.
 */
export const mergeRecursively = (base: JsonObject, changes: JsonObject): JsonObject => {
  const merged: Record<string, Json> = { ...base };
  for (const [key, change] of Object.entries(changes)) {
    const current = merged[key];
    merged[key] = isJsonObject(current) && isJsonObject(change) ? mergeRecursively(current, change) : change;
  }
  return merged;
};

/**
 * What Nix' `toString` makes of a value: true is "1", false and null are "", lists are joined by spaces.
 *
 * @throws TypeError for an attribute set, which Nix cannot coerce either.
 */
export const nixToString = (value: Json): string => {
  if (value === null || value === false) return '';
  if (value === true) return '1';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (isJsonObject(value)) throw new TypeError('an attribute set cannot be coerced to a string');
  return value.map(nixToString).join(' ');
};
