import { ManagerUnavailableError } from '../../system/errors.js';
import type { Run, RunResult } from '../../system/ports.js';
import { managerAnswers, type AnswerLimits } from '../shared/manager-answers.js';
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
  /** Runs a verb; the caller knows what an exit code means. @throws as managerAnswers says, and so do all others */
  readonly call: (...args: readonly string[]) => Promise<RunResult>;
  /** All units that are loaded, by name: one cheap call, whatever their number. @throws ManagerUnavailableError */
  readonly listUnits: () => Promise<ReadonlyMap<string, UnitState>>;
  /**
   * Asks what the next `listUnits` is going to ask, for whoever has to wait for another answer first. It counts unless
   * anything else is said to systemd in between, and for a second; nothing that goes wrong with it matters.
   */
  readonly askAhead: () => void;
  /** What systemd said when it was last asked for all units, however long ago; null when it was not, or did not answer. */
  readonly latestList: () => Promise<ReadonlyMap<string, UnitState> | null>;
  /** Properties of some units, by name: costs milliseconds for each unit. */
  readonly show: (
    units: readonly string[],
    properties: readonly string[],
  ) => Promise<ReadonlyMap<string, UnitProperties>>;
}

/** Reads `systemctl list-units --plain --no-legend`: name, load, active, sub, description. */
export const parseUnitList = (text: string): ReadonlyMap<string, UnitState> => {
  const units = new Map<string, UnitState>();
  for (const line of text.split('\n')) {
    const [name = '', load, active, substate] = line.trim().split(/\s+/, 4);
    if (load === undefined || active === undefined || substate === undefined) continue;
    units.set(name, { load, active, substate });
  }
  return units;
};

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

/** Verbs that take as long as units do. */
const verbsOfUnits: readonly string[] = ['start', 'stop', 'restart', 'try-restart', 'reload'];

/** How long an answer that was asked for ahead counts, in milliseconds. */
const longest = 1000;

/**
 * @param limits how long systemd is waited for. Default: that of managerAnswers
 * @param now milliseconds since whenever. Default: the clock that nobody sets
 */
export const createSystemctl = (
  run: Run,
  { kind, options, environment }: Scope,
  limits?: AnswerLimits,
  now = () => performance.now(),
): Systemctl => {
  let ahead: { readonly since: number; readonly units: Promise<ReadonlyMap<string, UnitState> | null> } | null = null;
  const answers = managerAnswers(
    kind === 'system'
      ? { name: 'systemd', check: 'systemctl is-system-running' }
      : { name: 'Your own systemd (systemd --user)', check: 'systemctl --user is-system-running' },
    limits,
  );
  const systemctl = (args: readonly string[], signal: AbortSignal): Promise<RunResult> =>
    run({
      file: 'systemctl',
      args: [...options, '--no-pager', '--no-ask-password', ...args],
      // Times are read from what it prints.
      env: { ...environment, LC_ALL: 'C', TZ: 'UTC', SYSTEMD_COLORS: '0', SYSTEMD_LOG_LEVEL: undefined },
      signal,
    });
  const hasJobs = async (signal: AbortSignal): Promise<boolean> =>
    (await systemctl(['list-jobs', '--plain', '--no-legend'], signal)).stdout.trim() !== '';
  const call: Systemctl['call'] = (...args) => {
    ahead = null;
    const words = `systemctl ${args.join(' ')}`;
    const work = (signal: AbortSignal): Promise<RunResult> => systemctl(args, signal);
    return verbsOfUnits.includes(args[0] ?? '') ? answers.action(words, work, hasJobs) : answers.question(words, work);
  };
  /** What systemctl has printed. Without an answer, everything would seem to be gone. */
  const told = ({ exitCode, stdout, stderr }: RunResult, verb: string): string => {
    if (exitCode === 0) return stdout;
    throw new ManagerUnavailableError({
      what: 'systemd does not tell what it runs',
      why: stderr.trim() || `systemctl ${verb} ended with exit code ${exitCode}`,
      fix: `See what it says to: ${[...['systemctl', ...options], verb].join(' ')}`,
    });
  };
  let latest: Promise<ReadonlyMap<string, UnitState> | null> = Promise.resolve(null);
  const askForUnits = (): Promise<ReadonlyMap<string, UnitState>> => {
    const asking = call('list-units', '--all', '--plain', '--no-legend', '--full');
    const units = asking.then((result) => parseUnitList(told(result, 'list-units')));
    // There are always some.
    latest = units.then((some) => (some.size === 0 ? null : some)).catch(() => null);
    return units;
  };
  return {
    call,
    listUnits: async () => {
      const known = ahead;
      ahead = null;
      const units = (await known?.units) ?? null;
      return known === null || units === null || now() - known.since > longest ? askForUnits() : units;
    },
    askAhead: () => {
      const since = now();
      const units = askForUnits().catch(() => null);
      ahead = { since, units };
    },
    latestList: () => latest,
    show: async (units, properties) => {
      if (units.length === 0) return new Map();
      const result = await call('show', `--property=${['Id', ...properties].join(',')}`, '--', ...units);
      // It may complain of one of them alone.
      return parseProperties(result.stdout.trim() === '' ? told(result, 'show') : result.stdout);
    },
  };
};
