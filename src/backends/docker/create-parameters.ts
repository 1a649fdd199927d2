import { isJsonObject, nixToString, type Json } from '../../system/json.js';

/** One option of `docker create`: --NAME, or -N for a single letter. */
export interface CreateParameter {
  readonly name: string;
  /** null for an option without a value. */
  readonly value: string | null;
}

/** Options that take no value unless it is tied to them ("--init=false"): true and false mean what they say. */
const parameter = (name: string, value: Json): CreateParameter => ({
  name,
  value: value === null ? null : typeof value === 'boolean' ? String(value) : nixToString(value),
});

/**
 * Options as a model writes them: a list of { name; value; }, where the value may be missing, or an attribute set, in
 * which a list as a value repeats the option.
 *
 * @throws TypeError saying what is wrong.
 */
export const parseParameters = (given: Json): readonly CreateParameter[] => {
  if (isJsonObject(given)) {
    return Object.keys(given)
      .sort()
      .flatMap((name) => {
        const value = given[name] ?? null;
        if (isJsonObject(value)) throw new TypeError(`${name} is an attribute set`);
        return Array.isArray(value) ? value.map((item: Json) => parameter(name, item)) : [parameter(name, value)];
      });
  }
  if (!Array.isArray(given)) throw new TypeError('it is neither a list nor an attribute set');
  return given.map((item: Json) => {
    if (!isJsonObject(item) || typeof item['name'] !== 'string') {
      throw new TypeError(`${JSON.stringify(item)} is not a set of name and value`);
    }
    const { name, value = null, ...others } = item;
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw new TypeError(`${name} has an attribute ${unknown} besides name and value`);
    if (isJsonObject(value)) throw new TypeError(`${name} is an attribute set`);
    return parameter(name, value);
  });
};

/** The long names of the single letters that are of interest to us (docker-create(1)). */
const longNames: Readonly<Record<string, string>> = { v: 'volume', u: 'user', l: 'label', e: 'env', w: 'workdir' };

export const longName = (name: string): string => longNames[name] ?? (name === 'net' ? 'network' : name);

/** Whether one of these options is among the parameters, whatever its spelling. */
export const hasParameter = (parameters: readonly CreateParameter[], ...names: readonly string[]): boolean =>
  parameters.some(({ name }) => names.includes(longName(name)));

/** The words of a parameter on a command line. */
export const parameterWords = ({ name, value }: CreateParameter): readonly string[] => {
  const dashed = name.length > 1 ? `--${name}` : `-${name}`;
  if (value === null) return [dashed];
  // A Boolean option does not take the next word as its value.
  return value === 'true' || value === 'false' ? [`${dashed}=${value}`] : [dashed, value];
};
