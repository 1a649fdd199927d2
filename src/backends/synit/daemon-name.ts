/** File names have 255 bytes; something is put before and behind a name. */
const longest = 200;

/** Why a daemon cannot have this name, or null. The name is that of a file; a symbol that begins with "$" is a variable. */
export const daemonNameProblem = (name: string): string | null => {
  if (name === '') return 'It is empty';
  if (/^[.-]/.test(name)) return 'It begins with a dot or a dash';
  const [unfit] = /[^A-Za-z0-9_.@+-]/u.exec(name) ?? [];
  if (unfit !== undefined) {
    return `It contains ${JSON.stringify(unfit)}; the name of a daemon has letters, digits and the characters _ . @ + - only`;
  }
  return name.length > longest ? `It is longer than ${longest} characters` : null;
};
