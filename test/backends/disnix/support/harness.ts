import type { Harness } from '../../../contract/harness.js';
import { onThisMachine } from '../../../contract/this-machine.js';

export const harness: Harness = { runsAnywhere: true, stages: onThisMachine() };
