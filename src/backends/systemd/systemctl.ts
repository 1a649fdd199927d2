import type { Run, RunResult } from '../../system/ports.js';
import type { Scope } from './scope.js';

/** What systemd says of a unit that it has loaded: the columns of `systemctl list-units`. */
export interface UnitState {
  /** loaded, not-found, masked, bad-setting, error … */
  readonly load: string;
  /** active, reloading, inactive, failed, activating, deactivating … */
  readonly active: string;
  /** Depends on the type of the unit: running, exited, auto-restart, listening … */
  readonly substate: string;
}

/** Properties of a unit, by name; absent ones are "". */
export type UnitProperties = (property: string) => string;

/** The systemctl(1) of one systemd. */
export interface Systemctl {
  /** Runs a verb; the caller knows what an exit code means. */
  readonly call: (...args: readonly string[]) => Promise<RunResult>;
  /** All units that are loaded, by name: one cheap call, whatever their number. */
  readonly listUnits: () => Promise<ReadonlyMap<string, UnitState>>;
  /** Properties of some units, by name: costs milliseconds for each unit. */
  readonly show: (
    units: readonly string[],
    properties: readonly string[],
  ) => Promise<ReadonlyMap<string, UnitProperties>>;
}

/** Reads `systemctl list-units --plain --no-legend`: name, load, active, sub, description. */
export const parseUnitList = (text: string): ReadonlyMap<string, UnitState> =>
  new Map(
    text.split('\n').flatMap((line) => {
      const [name = '', load, active, substate] = line.trim().split(/\s+/);
      return load === undefined || active === undefined || substate === undefined
        ? []
        : [[name, { load, active, substate }]];
    }),
  );

/** Reads the blocks that `systemctl show` prints, one for each unit and with a blank line between them. */
export const parseProperties = (text: string): ReadonlyMap<string, UnitProperties> =>
  new Map(
    text.split('\n\n').map((block) => {
      const values = new Map(
        block.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
      return [values.get('Id') ?? '', (property) => values.get(property) ?? ''];
    }),
  );

export const createSystemctl = (run: Run, { options, environment }: Scope): Systemctl => {
  const call: Systemctl['call'] = (...args) =>
    run({
      file: 'systemctl',
      args: [...options, '--no-pager', '--no-ask-password', ...args],
      // Times are read from what it prints.
      env: { ...environment, LC_ALL: 'C', TZ: 'UTC', SYSTEMD_COLORS: '0', SYSTEMD_LOG_LEVEL: undefined },
    });
  return {
    call,
    listUnits: async () =>
      parseUnitList((await call('list-units', '--all', '--plain', '--no-legend', '--full')).stdout),
    show: async (units, properties) =>
      units.length === 0
        ? new Map()
        : parseProperties((await call('show', `--property=${['Id', ...properties].join(',')}`, '--', ...units)).stdout),
  };
};
