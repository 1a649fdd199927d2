import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceScripts, SessionContext } from '../backend.js';
import { scriptEnvironment } from '../shared/script-environment.js';
import { currentRunlevel } from './current-runlevel.js';

/** The scripts that a profile's runlevel directory starts; whoever made it, the names of its links tell their order. */
export const serviceScripts = async (
  profile: string,
  context: Pick<SessionContext, 'run' | 'env' | 'managerOptions'>,
): Promise<ServiceScripts> => {
  const directory = join(profile, 'etc', 'rc.d', `rc${await currentRunlevel(context)}.d`);
  const links = await readdir(directory).catch(() => []);
  return {
    files: links
      .filter((name) => name.startsWith('S'))
      .sort()
      .map((name) => join(directory, name)),
    environment: scriptEnvironment(context.env),
  };
};
