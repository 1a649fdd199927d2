import { mergeCredentials } from '../../credentials/merge-credentials.js';
import { ModelError } from '../../system/errors.js';
import type { ProfileContext, ProfileFile } from '../backend.js';
import { shellQuote } from './shell-quote.js';

interface Account {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Attributes as shell variables, one a line; what a shell takes for no variable's name is left out. */
const accountText = ({ attributes }: Account): string =>
  Object.keys(attributes)
    .filter((attribute) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(attribute))
    .sort()
    .map((attribute) => `${attribute}=${shellQuote(attributes[attribute] ?? '')}\n`)
    .join('');

const accountFile = (kind: 'groups' | 'users', account: Account): ProfileFile => {
  const { name } = account;
  if (name === '' || name.startsWith('.') || name.includes('/')) {
    throw new ModelError({
      what: `No account can have the name ${JSON.stringify(name)}`,
      why: `It stands among the ${kind} of the model, and would be the name of a file`,
      fix: 'Choose a name of letters, digits, "-" and "_"',
    });
  }
  return {
    kind: 'file',
    path: `dysnomia-support/${kind}/${name}`,
    text: accountText(account),
    executable: false,
  };
};

/** Where nobody may become another user, a user has nothing but a home directory to be made. */
const homeAlone = ({ name, attributes: { homeDir, createHomeDir } }: Account): Account => ({
  name,
  attributes: {
    ...(homeDir === undefined ? {} : { homeDir }),
    ...(createHomeDir === undefined ? {} : { createHomeDir }),
    createHomeDirOnly: '1',
  },
});

/**
 * The users and groups of all processes as Dysnomia reads them: a file for each.
 *
 * @throws ModelError when two processes want the same account with other attributes, or a name can be none of a file
 */
export const dysnomiaSupport = ({ units }: ProfileContext): readonly ProfileFile[] => {
  const { groups, users } = mergeCredentials(
    units.map(({ context, rendered }) => ({
      instance: context.instance.instance,
      credentials: rendered.credentials,
    })),
  );
  const isForced = units.some(({ context }) => context.instance.forceDisableUserChange);
  return [
    ...groups.map((group) => accountFile('groups', group)),
    ...users.map((user) => accountFile('users', isForced ? homeAlone(user) : user)),
  ];
};
