import { join } from 'node:path';
import { profileDirectory } from '../shared/own-directory.js';

/** Files of the runit of one profile, below its runtime directory. */
export interface Place {
  readonly directory: string;
  /** What runsvdir looks at: a link to each service directory. */
  readonly scan: string;
  /** The service directories, in which runsv keeps what it needs itself. */
  readonly services: string;
  /** What runsvdir says, and processes that nobody logs. */
  readonly log: string;
}

export const placeOf = (runtimeDir: string, profileName: string): Place => {
  const directory = profileDirectory(runtimeDir, profileName);
  return {
    directory,
    scan: join(directory, 'runsvdir'),
    services: join(directory, 'sv'),
    log: join(directory, 'runsvdir.log'),
  };
};
