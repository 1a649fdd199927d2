import type { ProcessInstance } from '../model/process-model.js';
import type { ManifestUnit } from './manifest.js';

/** What a manifest says of an instance only where the model does. */
export const remarksOn = ({
  critical,
  startTimeout,
  stopTimeout,
}: ProcessInstance): Pick<ManifestUnit, 'critical' | 'startTimeout' | 'stopTimeout'> => ({
  ...(critical ? {} : { critical: false }),
  ...(startTimeout === null ? {} : { startTimeout }),
  ...(stopTimeout === null ? {} : { stopTimeout }),
});
