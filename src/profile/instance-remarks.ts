import type { ProcessInstance } from '../model/process-model.js';
import type { ManifestUnit } from './manifest.js';

/** What a manifest says of an instance only where the model does. */
export const remarksOn = ({
  critical,
  startTimeout,
  stopTimeout,
  leftovers,
  endsAlone,
  process,
}: ProcessInstance): Pick<
  ManifestUnit,
  'critical' | 'startTimeout' | 'stopTimeout' | 'leftovers' | 'endsAlone' | 'user' | 'pidFile'
> => ({
  ...(critical ? {} : { critical: false }),
  ...(startTimeout === null ? {} : { startTimeout }),
  ...(stopTimeout === null ? {} : { stopTimeout }),
  ...(leftovers === null ? {} : { leftovers }),
  ...(endsAlone ? { endsAlone: true } : {}),
  // A process that can stay in the foreground needs no PID file, or its manager writes down what there is.
  ...(process.kind === 'managed' && process.user !== null && process.foreground === null
    ? { user: process.user, pidFile: process.pidFile }
    : {}),
});
