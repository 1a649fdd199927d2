import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceScripts, SessionContext } from '../backend.js';
import { rcOrder, readOrder } from './rc-order.js';
import { serviceEnvironment } from './service-environment.js';

/** The rc.d scripts of a profile, whoever made it: their comments tell their order. */
export const serviceScripts = async (
  profile: string,
  { env }: Pick<SessionContext, 'env'>,
): Promise<ServiceScripts> => {
  const directory = join(profile, 'etc', 'rc.d');
  const names = await readdir(directory).catch(() => []);
  const scripts = await Promise.all(
    names.map(async (name) => readOrder(name, await readFile(join(directory, name), 'utf8'))),
  );
  return {
    files: rcOrder(scripts).map(({ name }) => join(directory, name)),
    environment: serviceEnvironment(env),
  };
};
