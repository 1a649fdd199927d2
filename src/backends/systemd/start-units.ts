import type { InstanceName } from '../../model/process-model.js';
import type { DeployedUnit, UnitOutcome } from '../backend.js';
import { startedUnitsOf, unitsOf } from './activation-data.js';
import { callUnits, wordsOf, type VerbOutcome } from './call-units.js';
import { call, type Connection } from './connection.js';
import { outcomesOfStart, settle } from './start-outcomes.js';
import { leftBehind, standsAlone } from './start-together.js';
import { wantedUnits } from './target-unit.js';

/** What a start, or a restart, has come to so far. */
interface Begin {
  /** When it began, in milliseconds since the epoch. */
  readonly since: number;
  readonly said: VerbOutcome;
  /** See outcomesOfStart. */
  readonly kept?: ReadonlyMap<InstanceName, string | null>;
}

/** Says whether what was started stays up. */
export const judgeStart = async (
  connection: Connection,
  units: readonly DeployedUnit[],
  begin: Begin,
  hasSettled = false,
): Promise<readonly UnitOutcome[]> => {
  if (units.length === 0) return [];
  if (!hasSettled) await settle();
  return outcomesOfStart(units, begin, connection);
};

/**
 * Those of the units of processes that systemd had not loaded when it was last asked, and that were not started since:
 * they cannot have failed.
 */
const areNew = async (
  { systemctl, begun }: Connection,
  units: readonly DeployedUnit[],
): Promise<ReadonlySet<string>> => {
  const known = await systemctl.latestList();
  if (known === null) return new Set();
  return new Set(units.flatMap(unitsOf).filter((name) => !known.has(name) && !begun.has(name)));
};

/** Whether these are all that the target wants, which does not run, and nothing speaks against starting them with it. */
const canStartTogether = async (
  { systemctl, search, target, installed, targetIsStarted }: Connection,
  units: readonly DeployedUnit[],
): Promise<boolean> => {
  const known = await systemctl.latestList();
  if (installed === null || known === null || targetIsStarted) return false;
  if ((known.get(target)?.active ?? 'inactive') !== 'inactive') return false;
  if (!units.every((unit) => standsAlone(unit) && unitsOf(unit).every((name) => search.dropIns(name).length === 0))) {
    return false;
  }
  const wanted = new Set(wantedUnits(installed.units));
  const started = new Set(units.flatMap(startedUnitsOf));
  return started.size === wanted.size && [...started].every((name) => wanted.has(name));
};

/**
 * Starts all that the target wants with the target: systemd makes one transaction of that, which takes it three quarters of
 * the time that one for each takes.
 */
const startTogether = async (
  connection: Connection,
  units: readonly DeployedUnit[],
  since: number,
): Promise<readonly UnitOutcome[]> => {
  const { systemctl, target } = connection;
  const together = await call(connection, ['start'], [target]);
  connection.targetIsStarted = together?.exitCode === 0;
  await settle();
  // Both look at the same answer, where nothing is left behind.
  systemctl.askAhead();
  const left = await leftBehind(units.flatMap(startedUnitsOf), systemctl);
  return judgeStart(connection, units, { since, said: await callUnits(systemctl, 'start', left) }, left.length === 0);
};

/** Starts processes, and says whether they stay up. */
export const startProcesses = async (
  connection: Connection,
  units: readonly DeployedUnit[],
): Promise<readonly UnitOutcome[]> => {
  const since = Date.now();
  const names = units.flatMap(unitsOf);
  const fresh = await areNew(connection, units);
  const isTogether = names.every((name) => fresh.has(name)) && (await canStartTogether(connection, units));
  for (const name of names) connection.begun.add(name);
  if (isTogether) return startTogether(connection, units, since);
  // Otherwise one that has failed too often would not be started.
  await call(
    connection,
    ['reset-failed'],
    names.filter((name) => !fresh.has(name)),
  );
  return judgeStart(connection, units, {
    since,
    said: await callUnits(connection.systemctl, 'start', units.flatMap(startedUnitsOf)),
  });
};

/** Its processes run without it, but it is what an operator stops and what the next boot starts. */
export const startTarget = async (connection: Connection): Promise<void> => {
  const { systemctl, target, log } = connection;
  const known = await systemctl.latestList();
  if (known?.get(target)?.active === 'active') return;
  const answer = await call(connection, ['start', '--job-mode=ignore-dependencies'], [target]);
  if (answer !== null && answer.exitCode !== 0) log.warn(`${target} is not started: ${wordsOf('start', answer)}`);
};
