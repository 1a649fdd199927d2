/** File names have 255 bytes; links, logs and records put something before or behind a script's name. */
const longest = 200;

/**
 * What is wrong with the name of an init script, or null. It becomes a file name, a word of the LSB header and part of
 * other file names; init systems skip scripts with a dot or a dash in front.
 */
export const nameProblem = (name: string): string | null => {
  if (name === '') return 'It is empty';
  if (/^[.-]/.test(name)) return 'It begins with a dot or a dash';
  const [unfit] = /[^A-Za-z0-9_.@+-]/u.exec(name) ?? [];
  if (unfit !== undefined) {
    return `It contains ${JSON.stringify(unfit)}; the name of a script has letters, digits and the characters _ . @ + - only`;
  }
  return name.length > longest ? `It is longer than ${longest} characters` : null;
};
