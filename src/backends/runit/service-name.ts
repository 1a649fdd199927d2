/** File names have 255 bytes; something is put before and behind a name. */
const longest = 200;

/** Why a service of runit cannot have this name, or null. The name is that of a directory, which `sv` prints. */
export const serviceNameProblem = (name: string): string | null => {
  if (name === '') return 'It is empty';
  if (name.startsWith('.')) return 'It begins with a dot: runsvdir would not look at it';
  const [unfit] = /[^A-Za-z0-9_.@:+-]/u.exec(name) ?? [];
  if (unfit !== undefined) {
    return `It contains ${JSON.stringify(unfit)}; the name of a service has letters, digits and the characters _ . @ : + - only`;
  }
  return name.length > longest ? `It is longer than ${longest} characters` : null;
};
