/** Put in front of the names of processes, so that their units are told apart from everybody else's. */
export const defaultPrefix = 'nix-process-';

/** UNIT_NAME_MAX of systemd, without its NUL. A directory `UNIT.wants` has to fit into 255 bytes as well. */
const longestUnitName = 255 - '.wants'.length;
const longestType = '.service'.length;

/** As systemd-escape(1), but for dashes: they stay, since NAME of `nix-process-NAME.service` is meant to be readable. */
const escapeName = (name: string): string =>
  name.replace(/[^A-Za-z0-9:_.-]/gu, (character) =>
    [...Buffer.from(character, 'utf8')].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
  );

/** The unit of a process: `nix-process-NAME.service`. */
export const unitName = (prefix: string, name: string, type: string): string => `${prefix}${escapeName(name)}.${type}`;

/** Whether systemd takes this for the name of a unit (systemd.unit(5)), whatever its type is. */
export const isUnitName = (name: string): boolean =>
  /^[A-Za-z0-9:_\\@-][A-Za-z0-9:_.\\@-]*\.[a-z]+$/.test(name) && name.length <= longestUnitName;

/** What is wrong with a process name, or null. Every character can be escaped; only the length is limited. */
export const nameProblem = (name: string): string | null => {
  if (name === '') return 'It is empty';
  const longest = longestUnitName - defaultPrefix.length - longestType;
  const { length } = escapeName(name);
  return length > longest
    ? `It is too long: ${length} bytes where ${longest} fit (every byte but A-Z a-z 0-9 : _ . - takes four)`
    : null;
};

/** The name of a file in a profile's texts, which the store takes. */
export const storeName = (name: string, purpose: string): string =>
  `${name.replace(/[^A-Za-z0-9+_?=-]/g, '_').slice(0, 150)}-${purpose}`;
