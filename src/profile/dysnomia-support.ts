import { filesIn } from '../backends/shared/read-tree.js';
import { splitWords } from '../backends/shared/split-words.js';
import { credentials } from '../model/managed-process.js';
import type { Credentials } from '../model/process-model.js';
import type { JsonObject } from '../system/json.js';

/** Assignments of a shell, one a line; lines that are none are passed over. */
const assignmentsIn = (text: string): Readonly<Record<string, string>> => {
  const words = ((): readonly string[] => {
    try {
      return splitWords(text);
    } catch {
      return [];
    }
  })();
  return Object.fromEntries(
    words.flatMap((word) => {
      const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=([^]*)$/.exec(word) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
};

/** An attribute that says yes or no was written as a shell sees it. */
const accountOf = ({ createHomeDir, ...attributes }: Readonly<Record<string, string>>): JsonObject => ({
  ...attributes,
  ...(createHomeDir === '1' || createHomeDir === 'true' ? { createHomeDir: true } : {}),
});

/**
 * Users and groups of a profile as Dysnomia reads them: a file of shell assignments for each, of that name. What only has
 * its home directory made is none of them.
 */
export const readDysnomiaSupport = async (root: string): Promise<Credentials> => {
  const accounts = async (kind: 'groups' | 'users'): Promise<Record<string, JsonObject>> => {
    const files = await filesIn(root, `dysnomia-support/${kind}`, /^[^.]/);
    return Object.fromEntries(
      files
        .map(({ name, text }) => [name, assignmentsIn(text)] as const)
        .filter(([, attributes]) => attributes['createHomeDirOnly'] !== '1')
        .map(([name, attributes]) => [name, accountOf(attributes)]),
    );
  };
  return credentials({ groups: await accounts('groups'), users: await accounts('users') });
};
