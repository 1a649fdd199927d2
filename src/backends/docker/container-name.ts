/** The names of our containers begin with it. What is ours is told by labels alone. */
export const containerPrefix = 'nixproc-';

/**
 * Why a container cannot have a name, or null (Docker: [a-zA-Z0-9][a-zA-Z0-9_.-]*; Podman: the same). The name is also
 * that of files of the profile.
 */
export const nameProblem = (name: string): string | null => {
  if (!/^[A-Za-z0-9_.-]+$/.test(name)) {
    return 'The name of a container has only letters, digits, "_", "." and "-" in it';
  }
  return name.length > 180 ? 'The name of a container becomes a file name, and has more than 180 characters' : null;
};

/** The name of a container that runs a process. */
export const containerName = (name: string): string => `${containerPrefix}${name}`;
