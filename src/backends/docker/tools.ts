import type { UnitContext } from '../backend.js';
import { requiredTool } from '../shared/required-tool.js';

/** @throws ModelError when the package set of the model does not have it. */
export const tool = (context: UnitContext, name: 'shell' | 'coreutils' | 'setpriv' | 'store'): string =>
  requiredTool(context, name, 'docker');

/**
 * Whether the packages are the host's own programs: then their shell is none of the store's, and a container needs the
 * host's directories to run anything.
 */
export const usesHostPrograms = (context: UnitContext): boolean =>
  !tool(context, 'shell').startsWith(`${tool(context, 'store')}/`);
