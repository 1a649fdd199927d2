/** Put in front of the names of processes: most packages that bring a service have an init script of their own name. */
const prefix = 'nix-process-';

/** What OpenRC calls a process. */
export const serviceName = (name: string): string => `${prefix}${name}`;

/** What a service of ours is called in the model; null for one that cannot be ours. */
export const processOf = (service: string): string | null =>
  service.startsWith(prefix) ? service.slice(prefix.length) : null;

/** File names have 255 bytes; something is put before and behind a name. */
const longest = 200;

/**
 * Why a service cannot have this name, or null. The name is that of a file, and a word of other services' dependencies; files
 * that end in ".sh" are no services to OpenRC.
 */
export const serviceNameProblem = (name: string): string | null => {
  if (name === '') return 'It is empty';
  const [unfit] = /[^A-Za-z0-9_.+-]/u.exec(name) ?? [];
  if (unfit !== undefined) {
    return `It contains ${JSON.stringify(unfit)}; the name of a service has letters, digits and the characters _ . + - only`;
  }
  if (name.endsWith('.sh')) return 'It ends in ".sh": OpenRC takes no such file for a service';
  return name.length > longest ? `It is longer than ${longest} characters` : null;
};
