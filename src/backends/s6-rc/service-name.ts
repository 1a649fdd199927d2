/** File names have 255 bytes; services, links to them and logs put something before or behind a process's name. */
const longest = 200;

/** The bundle of all services of a profile, unless somebody wants it to be called otherwise. */
export const defaultBundleName = 'default';

const problems: readonly (readonly [RegExp, string])[] = [
  [/^$/, 'It is empty'],
  [/^[.-]/, 'It begins with a dot or a dash: s6-rc-compile skips the one, and s6-rc takes the other for an option'],
  [/^s6-?rc-/, 'Names that begin with "s6rc-" or "s6-rc-" are reserved for services of s6-rc itself'],
  [/^default$/, 'It is the name of the bundle that holds all services of a profile'],
  [/[^A-Za-z0-9_.@+-]/u, 'The name of a service has letters, digits and the characters _ . @ + - only'],
  [new RegExp(`^.{${longest + 1}}`), `It is longer than ${longest} characters`],
];

/** Why a process cannot have this name under s6-rc, or null (s6-rc-compile, "Source format"). */
export const serviceNameProblem = (name: string): string | null =>
  problems.find(([pattern]) => pattern.test(name))?.[1] ?? null;
