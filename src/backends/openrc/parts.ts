import type { Ports } from '../../system/ports.js';
import type { ProcessTable } from '../../system/processes.js';
import type { SessionContext } from '../backend.js';
import type { ManagerAnswers } from '../shared/manager-answers.js';
import type { Place } from './place.js';
import type { ServiceFiles } from './service-files.js';

/** What services of OpenRC are looked at and changed with. */
export interface Parts {
  readonly place: Place;
  readonly files: ServiceFiles;
  readonly processes: ProcessTable;
  readonly answers: ManagerAnswers;
  readonly ports: Pick<Ports, 'run' | 'log'> & Pick<SessionContext, 'timeouts'>;
  /** Ends every wait. */
  readonly signal: AbortSignal | undefined;
}
