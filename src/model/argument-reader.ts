import { isJsonObject, type Json, type JsonObject } from '../system/json.js';

/** Arguments are of the wrong kind: the message has a line for each, with its name. */
export class WrongArgumentsError extends Error {}

type NamedSets = Readonly<Record<string, JsonObject>>;

const isText = (value: Json): value is string => typeof value === 'string';
const isTextOrNull = (value: Json): value is string | null => value === null || isText(value);

const kindOf = (value: Json): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/**
 * Reads the arguments of a create function. Null is the same as nothing, and what is of the wrong kind is read as nothing
 * until `finish` says so. It does without zod, which looks at all arguments that there are although few are given.
 */
export class ArgumentReader {
  readonly #args: JsonObject;
  readonly #problems: string[] = [];

  constructor(args: JsonObject) {
    this.#args = args;
  }

  text(name: string): string | null {
    const value = this.#args[name] ?? null;
    return isTextOrNull(value) ? value : this.#unexpected('string', name, value);
  }

  texts(name: string): readonly string[] | null {
    return this.#list(name, isText);
  }

  textsOrNulls(name: string): readonly (string | null)[] | null {
    return this.#list(name, isTextOrNull);
  }

  namedTexts(name: string): Readonly<Record<string, string>> {
    const set = this.#set('record', name, this.#args[name] ?? null) ?? {};
    const wrong = Object.keys(set).filter((key) => !isText(set[key] ?? null));
    for (const key of wrong) this.#unexpected('string', `${name}.${key}`, set[key] ?? null);
    return wrong.length === 0 ? (set as Readonly<Record<string, string>>) : {};
  }

  /** The attributes of users and groups, by their names. */
  accounts(name: string): { readonly groups: NamedSets; readonly users: NamedSets } {
    const { groups = null, users = null } = this.#set('object', name, this.#args[name] ?? null) ?? {};
    return { groups: this.#namedSets(`${name}.groups`, groups), users: this.#namedSets(`${name}.users`, users) };
  }

  /** Also of a text. */
  integer(name: string): number | null {
    const value = this.#args[name] ?? null;
    if (value === null) return null;
    const number = isText(value) && /^[+-]?\d+$/.test(value) ? Number(value) : value;
    return Number.isInteger(number) ? (number as number) : this.#wrong(name, 'expected an integer');
  }

  /** Also of a number, whose digits they are. */
  octalDigits(name: string): string | null {
    const value = this.#args[name] ?? null;
    if (value === null) return null;
    const digits = typeof value === 'number' ? String(value) : value;
    return isText(digits) && /^[0-7]+$/.test(digits) ? digits : this.#wrong(name, 'expected octal digits');
  }

  /**
   * To be called when all arguments are read.
   *
   * @param known the names of all arguments that there are
   * @throws WrongArgumentsError
   */
  finish(known: ReadonlySet<string>): void {
    for (const name of Object.keys(this.#args)) {
      if (!known.has(name)) this.#wrong(name, 'there is no such argument');
    }
    if (this.#problems.length > 0) throw new WrongArgumentsError(this.#problems.join('\n'));
  }

  #list<Element>(name: string, isElement: (value: Json) => value is Json & Element): readonly Element[] | null {
    const value = this.#args[name] ?? null;
    if (value === null) return null;
    if (!Array.isArray(value)) return this.#unexpected('array', name, value);
    const list: readonly Json[] = value;
    if (list.every(isElement)) return list;
    list.forEach((element, index) => {
      if (!isElement(element)) this.#unexpected('string', `${name}.${index}`, element);
    });
    return null;
  }

  #namedSets(path: string, value: Json): NamedSets {
    const sets = this.#set('record', path, value) ?? {};
    const wrong = Object.keys(sets).filter((key) => !isJsonObject(sets[key]));
    for (const key of wrong) this.#wrong(`${path}.${key}`, 'expected an attribute set');
    return wrong.length === 0 ? (sets as NamedSets) : {};
  }

  #set(kind: string, path: string, value: Json): JsonObject | null {
    return value === null || isJsonObject(value) ? value : this.#unexpected(kind, path, value);
  }

  #unexpected(kind: string, path: string, value: Json): null {
    return this.#wrong(path, `Invalid input: expected ${kind}, received ${kindOf(value)}`);
  }

  #wrong(path: string, problem: string): null {
    this.#problems.push(`${path}: ${problem}`);
    return null;
  }
}
