import type { DeployedUnit, UnitChange, UnitOutcome } from '../backend.js';
import { startedUnitsOf, unitsOf } from './activation-data.js';
import { callUnits, joinOutcomes, type VerbOutcome } from './call-units.js';
import { call, isHidden, type Connection } from './connection.js';
import { judgeStart } from './start-units.js';
import { stopUnits } from './stop-units.js';

const hasSocket = (unit: DeployedUnit): boolean => unitsOf(unit).some((name) => name.endsWith('.socket'));
/** Tells definitions of a process apart. */
const keyOf = ({ profile, name }: DeployedUnit): string => `${profile} ${name}`;
/** Units that a process no longer has. */
const droppedBy = ({ before, after }: UnitChange): readonly string[] =>
  unitsOf(before).filter((name) => !unitsOf(after).includes(name));
/** Why units of a process were not replaced, in systemd's words; null when all were. */
const wordsAboutKept = ({ before, after }: UnitChange, { refused }: VerbOutcome): string | null =>
  [...unitsOf(after), ...unitsOf(before)].map((name) => refused.get(name)).find((words) => words !== undefined) ?? null;

/** Has systemd replace the units of processes. */
const replaceUnits = async (connection: Connection, changes: readonly UnitChange[]) => {
  const { systemctl } = connection;
  const units = changes.map(({ after }) => after);
  // A socket cannot be opened anew while its service runs.
  const anew = units.filter(hasSocket);
  const others = units.filter((unit) => !hasSocket(unit));
  const ended = joinOutcomes(
    await stopUnits(connection, [...anew.flatMap(unitsOf), ...changes.flatMap(droppedBy)]),
    await callUnits(systemctl, 'restart', others.flatMap(startedUnitsOf)),
    // What a timer or a path has started.
    await callUnits(
      systemctl,
      'try-restart',
      others.flatMap((unit) => unitsOf(unit).filter((name) => !startedUnitsOf(unit).includes(name))),
    ),
  );
  return { ended, started: await callUnits(systemctl, 'start', anew.flatMap(startedUnitsOf)) };
};

/**
 * @returns what restarts processes, and says whether they stay up. It remembers by which definition those go on that
 *   systemd has refused to restart
 */
export const createRestart = (
  connection: Connection,
): ((changes: readonly UnitChange[]) => Promise<readonly UnitOutcome[]>) => {
  /** By what was to replace it; see keyOf. */
  const unmoved = new Map<string, string>();
  // A masked one goes on by its old definition: the user has been told. Whoever asks for it by hand is told now.
  const isLeft = ({ before, after }: UnitChange): boolean =>
    unmoved.get(keyOf(before)) === keyOf(after) || (before !== after && isHidden(after, connection));
  return async (changes) => {
    const since = Date.now();
    const left = changes.filter(isLeft);
    const done = changes.filter((change) => !left.includes(change));
    const units = done.map(({ after }) => after);
    const names = units.flatMap(unitsOf);
    for (const name of names) connection.begun.add(name);
    await call(connection, ['reset-failed'], names);
    const { ended, started } = await replaceUnits(connection, done);
    for (const { before, after } of done) {
      const isUntouched = [...unitsOf(after), ...unitsOf(before)].every((name) => ended.refused.has(name));
      if (isUntouched) unmoved.set(keyOf(after), keyOf(before));
    }
    const outcomes = await judgeStart(connection, units, {
      since,
      said: joinOutcomes(ended, started),
      kept: new Map(done.map((change) => [change.after.instance, wordsAboutKept(change, ended)])),
    });
    return [...outcomes, ...left.map(({ after: { instance } }) => ({ instance, ok: true, detail: null }))];
  };
};
