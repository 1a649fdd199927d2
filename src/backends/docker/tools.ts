import { ModelError } from '../../system/errors.js';
import type { UnitContext } from '../backend.js';

/** @throws ModelError when the package set of the model does not have it. */
export const tool = ({ instance }: UnitContext, name: 'shell' | 'coreutils' | 'setpriv' | 'store'): string => {
  const path = instance.tools[name];
  if (path === undefined) {
    throw new ModelError({
      what: `Process instance "${instance.instance}" needs ${name} for docker`,
      why: "The model's package set does not have it",
      fix: `Use a package set that has ${name === 'setpriv' ? 'util-linux' : name}`,
    });
  }
  return path;
};

/**
 * Whether the packages are the host's own programs: then their shell is none of the store's, and a container needs the
 * host's directories to run anything.
 */
export const usesHostPrograms = (context: UnitContext): boolean =>
  !tool(context, 'shell').startsWith(`${tool(context, 'store')}/`);

/** A name that the store takes for a file that belongs to a process. */
export const storeName = (process: string, purpose: string): string =>
  `${process.replace(/[^A-Za-z0-9+_?=-]/g, '_').slice(0, 150)}-${purpose}`;
