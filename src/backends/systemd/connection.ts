import type { Log, Run, RunResult } from '../../system/ports.js';
import type { DeployedProfile, DeployedUnit } from '../backend.js';
import { unitsOf } from './activation-data.js';
import type { Installation } from './installation.js';
import type { Scope } from './scope.js';
import type { Systemctl } from './systemctl.js';
import type { UnitSearch } from './unit-search.js';

/** One systemd, and what a session knows of it. */
export interface Connection {
  readonly run: Run;
  readonly log: Log;
  readonly scope: Scope;
  readonly systemctl: Systemctl;
  readonly search: UnitSearch;
  readonly installation: Installation;
  /** The unit that wants all units of the profile. */
  readonly target: string;
  /** Units that this session has started. */
  readonly begun: Set<string>;
  /** What is deployed since this session has installed it; null before. */
  installed: DeployedProfile | null;
  targetIsStarted: boolean;
}

/** Whether an operator has hidden a unit of this process, as by masking it. */
export const isHidden = (unit: DeployedUnit, { search }: Pick<Connection, 'search'>): boolean =>
  unitsOf(unit).some((name) => search.hiddenBy(name) !== null);

/** Calls systemctl for units; does nothing for no units. */
export const call = async (
  { systemctl }: Pick<Connection, 'systemctl'>,
  verb: readonly string[],
  names: readonly string[],
): Promise<RunResult | null> => (names.length === 0 ? null : systemctl.call(...verb, '--', ...new Set(names)));
