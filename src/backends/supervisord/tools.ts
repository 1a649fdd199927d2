import type { UnitContext } from '../backend.js';
import { requiredTool } from '../shared/required-tool.js';

/** @throws ModelError when the package set of the model does not have it. */
export const tool = (context: UnitContext, name: 'shell' | 'coreutils' | 'setpriv' | 'supervisor'): string =>
  requiredTool(context, name, 'supervisord');
