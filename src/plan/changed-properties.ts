import { isJsonObject, toStableJson, type Json, type JsonObject } from '../system/json.js';
import { mask, maskProperty } from '../system/secrets.js';

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
 * Says of one property that it has changed: "environment.PORT: 5000 → 5001". What looks like a secret is masked.
 *
 * @param property its name, with those of what it is in before it
 */
export const describeChange = (property: string, from: Json | undefined, to: Json | undefined): string => {
  const shown = (value: Json | undefined): string =>
    textOf(value === undefined ? undefined : maskProperty(property, value));
  const [before, after] = [shown(from), shown(to)];
  const change = showChange(before, after);
  return `${property}: ${before === after ? `${change} (what is shown as ${mask} has changed)` : change}`;
};

/** One property in which two definitions differ. */
interface Change {
  /** With the names of what it is in before its own: "environment.PORT". */
  readonly property: string;
  readonly from: Json | undefined;
  readonly to: Json | undefined;
}

const changesIn = (before: JsonObject, after: JsonObject, above: string): readonly Change[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().flatMap((key) => {
    const from = before[key];
    const to = after[key];
    const property = `${above}${key}`;
    if (isJsonObject(from) && isJsonObject(to)) return changesIn(from, to, `${property}.`);
    if (toStableJson(from ?? null) === toStableJson(to ?? null) && (from === undefined) === (to === undefined))
      return [];
    return [{ property, from, to }];
  });

/**
 * Names every property in which two definitions differ, down to the innermost attribute:
 * "environment.PORT: 5000 → 5001". Long values are cut around the first difference; secrets are masked.
 */
export const changedProperties = (before: JsonObject, after: JsonObject): readonly string[] =>
  changesIn(before, after, '').map(({ property, from, to }) => describeChange(property, from, to));

/** The names of these properties alone: "environment.PORT". */
export const namesOfChanged = (before: JsonObject, after: JsonObject): readonly string[] =>
  changesIn(before, after, '').map(({ property }) => property);
