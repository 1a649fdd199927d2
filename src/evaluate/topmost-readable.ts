import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';

const isListable = (directory: string): boolean => {
  try {
    accessSync(directory, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The topmost directory above a file such that it and all between can be listed; null when not even the nearest can. */
export const topmostReadable = (file: string): string | null => {
  let topmost: string | null = null;
  for (let directory = dirname(file); isListable(directory); directory = dirname(directory)) {
    topmost = directory;
    if (directory === '/') break;
  }
  return topmost;
};
