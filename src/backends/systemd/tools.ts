import { ModelError } from '../../system/errors.js';
import type { UnitContext } from '../backend.js';

/** @throws ModelError when the package set of the model does not have it. */
export const tool = ({ instance }: UnitContext, name: 'shell' | 'coreutils'): string => {
  const path = instance.tools[name];
  if (path === undefined) {
    throw new ModelError({
      what: `Process instance "${instance.instance}" needs ${name} for systemd`,
      why: "The model's package set does not have it",
      fix: `Use a package set that has ${name}`,
    });
  }
  return path;
};
