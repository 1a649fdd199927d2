import { credentials as credentialsOf } from '../../model/managed-process.js';
import type { Credentials, ProcessInstance } from '../../model/process-model.js';
import { ModelError } from '../../system/errors.js';
import { isJsonObject, type Json, type JsonObject } from '../../system/json.js';

/** Users and groups as every create function takes them: `{ groups.NAME = { gid; … }; users.NAME = { group; … }; }`. */
export const credentialsArguments = ({ groups, users }: Credentials): JsonObject => ({
  groups: Object.fromEntries(groups.map(({ name, attributes }) => [name, attributes])),
  users: Object.fromEntries(users.map(({ name, attributes }) => [name, attributes])),
});

/**
 * Reads the `credentials` among the arguments of a create function. When user changes are disabled, only users whose
 * home directory is wanted are left.
 *
 * @throws ModelError naming the instance when they are no sets of attribute sets.
 */
export const credentialsFromArguments = (
  value: Json | undefined,
  { instance, forceDisableUserChange }: Pick<ProcessInstance, 'instance' | 'forceDisableUserChange'>,
): Credentials => {
  const wrong = (where: string): never => {
    throw new ModelError({
      what: `Process instance "${instance}" has an argument that is not what it should be`,
      why: `${where} is not an attribute set`,
      fix: 'Write credentials = { groups = { NAME = { }; }; users = { NAME = { group = "NAME"; }; }; }',
    });
  };
  const section = (name: 'groups' | 'users', all: JsonObject): Record<string, JsonObject> => {
    const entries = all[name] ?? {};
    if (!isJsonObject(entries)) return wrong(`credentials.${name}`);
    return Object.fromEntries(
      Object.entries(entries).map(([entry, attributes]) => [
        entry,
        isJsonObject(attributes) ? attributes : wrong(`credentials.${name}.${entry}`),
      ]),
    );
  };
  const given = value ?? {};
  if (!isJsonObject(given)) return wrong('credentials');
  const all = credentialsOf({ groups: section('groups', given), users: section('users', given) });
  return forceDisableUserChange ? { groups: [], users: all.users.filter(({ createHomeDir }) => createHomeDir) } : all;
};
