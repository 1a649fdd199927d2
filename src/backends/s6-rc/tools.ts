import { ModelError } from '../../system/errors.js';
import type { UnitContext } from '../backend.js';

/** @throws ModelError when the package set of the model does not have it. */
export const tool = (
  { instance }: UnitContext,
  name: 'shell' | 'coreutils' | 'execline' | 's6' | 'setpriv',
): string => {
  const path = instance.tools[name];
  if (path === undefined) {
    throw new ModelError({
      what: `Process instance "${instance.instance}" needs ${name} for s6-rc`,
      why: "The model's package set does not have it",
      fix: `Use a package set that has ${name === 'setpriv' ? 'util-linux' : name}`,
    });
  }
  return path;
};

/** A name that the store takes for a file that belongs to a process. */
export const storeName = (process: string, purpose: string): string =>
  `${process.replace(/[^A-Za-z0-9+_?=-]/g, '_').slice(0, 150)}-${purpose}`;
