import { ModelError } from '../../system/errors.js';
import type { UnitContext } from '../backend.js';

/** Packages that have a tool under another name than its own. */
const packageOf: Readonly<Record<string, string>> = { setpriv: 'util-linux' };

/**
 * Where a tool of the model's package set is, by its name in the manager's tools.nix.
 *
 * @throws ModelError when the package set does not have it
 */
export const requiredTool = ({ instance }: UnitContext, name: string, manager: string): string => {
  const path = instance.tools[name];
  if (path === undefined) {
    throw new ModelError({
      what: `Process instance "${instance.instance}" needs ${name} for ${manager}`,
      why: "The model's package set does not have it",
      fix: `Use a package set that has ${packageOf[name] ?? name}`,
    });
  }
  return path;
};

/** A name that the store takes for a file that belongs to a process. */
export const storeName = (process: string, purpose: string): string =>
  `${process.replace(/[^A-Za-z0-9+_?=-]/g, '_').slice(0, 150)}-${purpose}`;
