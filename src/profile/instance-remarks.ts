import type { ProcessInstance } from '../model/process-model.js';
import type { ManifestUnit } from './manifest.js';

/** What a manifest says of an instance only where the model does. */
export const remarksOn = ({
  critical,
  startTimeout,
  stopTimeout,
  leftovers,
  endsAlone,
}: ProcessInstance): Pick<ManifestUnit, 'critical' | 'startTimeout' | 'stopTimeout' | 'leftovers' | 'endsAlone'> => ({
  ...(critical ? {} : { critical: false }),
  ...(startTimeout === null ? {} : { startTimeout }),
  ...(stopTimeout === null ? {} : { stopTimeout }),
  ...(leftovers === null ? {} : { leftovers }),
  ...(endsAlone ? { endsAlone: true } : {}),
});
