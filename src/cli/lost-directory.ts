/**
 * Somebody may have deleted the directory that we are called in. Libraries ask for it when they are loaded, whether they
 * need it or not: they are told of the root then.
 *
 * @returns whether it is gone; see refuseRelativePaths
 */
export const replaceLostDirectory = (): boolean => {
  try {
    process.cwd();
    return false;
  } catch {
    process.cwd = () => '/';
    return true;
  }
};
