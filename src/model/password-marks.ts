import { isJsonObject, type Json, type JsonObject } from '../system/json.js';

/** How nix/nixproc/create-credentials says that a user had a password, which never leaves the evaluation. */
const passwordMark = 'hasPassword';

const isMarked = (attributes: Json): boolean => isJsonObject(attributes) && attributes[passwordMark] === true;

const withoutMark = (attributes: Json): Json =>
  isJsonObject(attributes)
    ? Object.fromEntries(Object.entries(attributes).filter(([name]) => name !== passwordMark))
    : attributes;

/**
 * Takes the marks of left-out passwords from the `credentials` among a create function's arguments.
 *
 * @returns the arguments without marks, and the users that had one
 */
export const takePasswordMarks = (args: JsonObject): { arguments: JsonObject; users: readonly string[] } => {
  const credentials = args['credentials'];
  const users = isJsonObject(credentials) ? credentials['users'] : undefined;
  if (!isJsonObject(credentials) || !isJsonObject(users)) return { arguments: args, users: [] };
  const marked = Object.keys(users).filter((name) => isMarked(users[name] ?? null));
  if (marked.length === 0) return { arguments: args, users: [] };
  const unmarked = Object.fromEntries(Object.entries(users).map(([name, user]) => [name, withoutMark(user)]));
  return { arguments: { ...args, credentials: { ...credentials, users: unmarked } }, users: marked };
};
