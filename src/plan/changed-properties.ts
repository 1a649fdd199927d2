import { isJsonObject, toStableJson, type Json, type JsonObject } from '../system/json.js';

const textOf = (value: Json | undefined): string =>
  value === undefined ? '(none)' : typeof value === 'string' ? value : toStableJson(value);

/** Long values are cut to 100 characters around the place where they begin to differ. */
const showChange = (before: string, after: string): string => {
  let common = 0;
  while (common < before.length && before[common] === after[common]) common += 1;
  const start = Math.max(0, common - 40);
  const show = (text: string): string => {
    if (text.length <= 100) return text;
    const end = start + 100;
    return `${start > 0 ? '…' : ''}${text.slice(start, end)}${text.length > end ? '…' : ''}`;
  };
  return `${show(before)} → ${show(after)}`;
};

/**
 * Names every property in which two definitions differ, down to the innermost attribute:
 * "environment.PORT: 5000 → 5001". Long values are cut around the first difference.
 */
export const changedProperties = (before: JsonObject, after: JsonObject): readonly string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().flatMap((key) => {
    const from = before[key];
    const to = after[key];
    if (isJsonObject(from) && isJsonObject(to)) {
      return changedProperties(from, to).map((change) => `${key}.${change}`);
    }
    if (toStableJson(from ?? null) === toStableJson(to ?? null) && (from === undefined) === (to === undefined))
      return [];
    return [`${key}: ${showChange(textOf(from), textOf(to))}`];
  });
