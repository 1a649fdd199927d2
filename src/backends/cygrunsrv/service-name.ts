import { isJsonObject, type JsonObject } from '../../system/json.js';

/** Names of Windows services have at most 256 characters; the prefix is added to a process's name. */
const longest = 200;

/** What names of services begin with, unless the create function is told otherwise. */
export const defaultPrefix = 'nix-process-';

/** Why a service cannot have this name, or null: Windows forbids slashes, cygrunsrv prints names without quotes. */
export const serviceNameProblem = (name: string): string | null => {
  if (name === '') return 'It is empty';
  const [unfit] = /[^A-Za-z0-9_.@+-]/u.exec(name) ?? [];
  if (unfit !== undefined) {
    return `It contains ${JSON.stringify(unfit)}; the name of a service has letters, digits and the characters _ . @ + - only`;
  }
  return name.length > longest ? `It is longer than ${longest} characters` : null;
};

/**
 * What Windows calls the service of a process.
 *
 * @param args its arguments, which may name another prefix
 */
export const serviceNameOf = (process: string, args?: JsonObject): string => {
  const outer = args?.['outer'];
  const prefix = isJsonObject(outer) ? outer['prefix'] : undefined;
  return `${typeof prefix === 'string' ? prefix : defaultPrefix}${process}`;
};
