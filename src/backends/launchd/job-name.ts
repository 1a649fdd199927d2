/** File names have 255 bytes; the prefix and ".plist" are added to a name. */
const longest = 200;

/** What labels of jobs begin with, unless the create function is told otherwise. */
export const defaultPrefix = 'org.nixos.';

/** Why a job cannot have this name, or null: the name is part of its label, of a file name and of launchctl's targets. */
export const jobNameProblem = (name: string): string | null => {
  if (name === '') return 'It is empty';
  const [unfit] = /[^A-Za-z0-9_.@+-]/u.exec(name) ?? [];
  if (unfit !== undefined) {
    return `It contains ${JSON.stringify(unfit)}; the label of a job has letters, digits and the characters _ . @ + - only`;
  }
  return name.length > longest ? `It is longer than ${longest} characters` : null;
};
