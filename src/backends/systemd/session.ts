import type { InstanceName } from '../../model/process-model.js';
import { ActivationError } from '../../system/errors.js';
import { isJsonObject } from '../../system/json.js';
import type { RunResult } from '../../system/ports.js';
import type {
  DeployedProfile,
  DeployedUnit,
  ManagerSession,
  SessionContext,
  UnitChange,
  UnitOutcome,
} from '../backend.js';
import { collisionsOf } from '../shared/collisions.js';
import { strayUnit } from '../shared/extra-units.js';
import { activationOf, mainUnitOf, startedUnitsOf, strayActivation, unitsOf } from './activation-data.js';
import { callUnits, joinOutcomes, wordsOf, type VerbOutcome } from './call-units.js';
import { createInstallation } from './installation.js';
import { hasFailed } from './observation.js';
import { observeUnits } from './observe-units.js';
import { reloadUnits } from './reload-units.js';
import { remarksAboutLingering, remarksAboutUnits } from './remarks.js';
import type { Scope } from './scope.js';
import { outcomesOfStart, settle } from './start-outcomes.js';
import { leftBehind, standsAlone } from './start-together.js';
import type { Systemctl } from './systemctl.js';
import { targetUnit, wantedUnits } from './target-unit.js';
import type { UnitSearch } from './unit-search.js';
import { activators } from './unit-types.js';

const isActivator = (name: string): boolean => activators.some((type) => name.endsWith(`.${type}`));
const hasSocket = (unit: DeployedUnit): boolean => unitsOf(unit).some((name) => name.endsWith('.socket'));
const succeeded = ({ instance }: DeployedUnit): UnitOutcome => ({ instance, ok: true, detail: null });
/** Tells definitions of a process apart. */
const keyOf = ({ profile, name }: DeployedUnit): string => `${profile} ${name}`;
/** Units that a process no longer has. */
const droppedBy = ({ before, after }: UnitChange): readonly string[] =>
  unitsOf(before).filter((name) => !unitsOf(after).includes(name));
/** Why units of a process were not replaced, in systemd's words; null when all were. */
const wordsAboutKept = ({ before, after }: UnitChange, { refused }: VerbOutcome): string | null =>
  [...unitsOf(after), ...unitsOf(before)].map((name) => refused.get(name)).find((words) => words !== undefined) ?? null;

/** Talks to one systemd. systemd knows what depends on what: it gets all units at once, and orders them. */
export const createSession = (
  { profileName, profileLink, current, run, log, repair = false }: SessionContext,
  scope: Scope,
  systemctl: Systemctl,
  search: UnitSearch,
): ManagerSession => {
  const installation = createInstallation(scope, profileName, profileLink, current, repair);
  const isHidden = (unit: DeployedUnit): boolean => unitsOf(unit).some((name) => search.hiddenBy(name) !== null);
  const target = targetUnit(profileName);
  /** What is deployed since this session has installed it. */
  let installed: DeployedProfile | null = null;
  /** Units that this session has started. */
  const begun = new Set<string>();
  /** By which definition processes go on that systemd has refused to restart, by what was to replace it; see keyOf. */
  const unmoved = new Map<string, string>();
  let targetIsStarted = false;

  const judgeStart = async (
    units: readonly DeployedUnit[],
    begin: {
      readonly since: number;
      readonly said: VerbOutcome;
      readonly kept?: ReadonlyMap<InstanceName, string | null>;
    },
    hasSettled = false,
  ): Promise<readonly UnitOutcome[]> => {
    if (units.length === 0) return [];
    if (!hasSettled) await settle(begin.since);
    return outcomesOfStart(units, begin, { run, scope, systemctl, installation });
  };

  /** Does nothing for no units. */
  const call = async (verb: readonly string[], names: readonly string[]): Promise<RunResult | null> =>
    names.length === 0 ? null : systemctl.call(...verb, '--', ...new Set(names));

  /** systemd stops a service before what starts it, which would then start it again. */
  const stopUnits = async (names: readonly string[]): Promise<VerbOutcome> => {
    const others = names.filter((name) => !isActivator(name));
    return joinOutcomes(
      await callUnits(systemctl, 'stop', names.filter(isActivator)),
      await callUnits(systemctl, 'stop', others),
    );
  };

  /**
   * Those of the units of processes that systemd had not loaded when it was last asked, and that were not started since:
   * they cannot have failed.
   */
  const areNew = async (units: readonly DeployedUnit[]): Promise<ReadonlySet<string>> => {
    const known = await systemctl.latestList();
    if (known === null) return new Set();
    return new Set(units.flatMap(unitsOf).filter((name) => !known.has(name) && !begun.has(name)));
  };

  /** Whether these are all that the target wants, which does not run, and nothing speaks against starting them with it. */
  const canStartTogether = async (units: readonly DeployedUnit[]): Promise<boolean> => {
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
  const startTogether = async (units: readonly DeployedUnit[], since: number): Promise<readonly UnitOutcome[]> => {
    const together = await call(['start'], [target]);
    targetIsStarted = together?.exitCode === 0;
    await settle(since);
    // Both look at the same answer, where nothing is left behind.
    systemctl.askAhead();
    const left = await leftBehind(units.flatMap(startedUnitsOf), systemctl);
    return judgeStart(units, { since, said: await callUnits(systemctl, 'start', left) }, left.length === 0);
  };

  const start = async (units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]> => {
    const since = Date.now();
    const names = units.flatMap(unitsOf);
    const fresh = await areNew(units);
    const isTogether = names.every((name) => fresh.has(name)) && (await canStartTogether(units));
    for (const name of names) begun.add(name);
    if (isTogether) return startTogether(units, since);
    // Otherwise one that has failed too often would not be started.
    await call(
      ['reset-failed'],
      names.filter((name) => !fresh.has(name)),
    );
    return judgeStart(units, { since, said: await callUnits(systemctl, 'start', units.flatMap(startedUnitsOf)) });
  };

  const stop = async (units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]> => {
    const names = units.flatMap(unitsOf);
    const { refused } = await stopUnits(names);
    const states = await systemctl.listUnits();
    const activeState = (name: string): string => states.get(name)?.active ?? 'inactive';
    // We stopped it; whatever its exit code is, it did not crash.
    await call(
      ['reset-failed'],
      names.filter((name) => activeState(name) === 'failed'),
    );
    return units.map((unit): UnitOutcome => {
      const up = unitsOf(unit).find((name) => !['inactive', 'failed'].includes(activeState(name)));
      if (up === undefined) return succeeded(unit);
      return { instance: unit.instance, ok: false, detail: refused.get(up) ?? `${up} is ${activeState(up)}` };
    });
  };

  const restart = async (changes: readonly UnitChange[]): Promise<readonly UnitOutcome[]> => {
    const since = Date.now();
    // A masked one goes on by its old definition: the user has been told. Whoever asks for it by hand is told now.
    const isLeft = ({ before, after }: UnitChange): boolean =>
      unmoved.get(keyOf(before)) === keyOf(after) || (before !== after && isHidden(after));
    const left = changes.filter(isLeft);
    const done = changes.filter((change) => !left.includes(change));
    const units = done.map(({ after }) => after);
    // A socket cannot be opened anew while its service runs.
    const anew = units.filter(hasSocket);
    const others = units.filter((unit) => !hasSocket(unit));
    const names = units.flatMap(unitsOf);
    for (const name of names) begun.add(name);
    await call(['reset-failed'], names);
    const ended = joinOutcomes(
      await stopUnits([...anew.flatMap(unitsOf), ...done.flatMap(droppedBy)]),
      await callUnits(systemctl, 'restart', others.flatMap(startedUnitsOf)),
      // What a timer or a path has started.
      await callUnits(
        systemctl,
        'try-restart',
        others.flatMap((unit) => unitsOf(unit).filter((name) => !startedUnitsOf(unit).includes(name))),
      ),
    );
    const started = await callUnits(systemctl, 'start', anew.flatMap(startedUnitsOf));
    for (const { before, after } of done) {
      const isUntouched = [...unitsOf(after), ...unitsOf(before)].every((name) => ended.refused.has(name));
      if (isUntouched) unmoved.set(keyOf(after), keyOf(before));
    }
    const outcomes = await judgeStart(units, {
      since,
      said: joinOutcomes(ended, started),
      kept: new Map(done.map((change) => [change.after.instance, wordsAboutKept(change, ended)])),
    });
    return [...outcomes, ...left.map(({ after }) => succeeded(after))];
  };

  const reloadManager = async (): Promise<void> => {
    const { exitCode, stderr } = await systemctl.call('daemon-reload');
    if (exitCode === 0) return;
    throw new ActivationError({ what: 'systemd could not read its units again', why: stderr.trim() });
  };

  /** Units whose files are gone, but which systemd remembers, or even wants to start again. */
  const forget = async (names: readonly string[]): Promise<void> => {
    const states = await systemctl.listUnits();
    const remembered = names.filter((name) => hasFailed(states.get(name) ?? null));
    const { refused } = await callUnits(systemctl, 'stop', remembered);
    await call(['reset-failed'], remembered);
    const [first] = refused;
    if (first === undefined) return;
    const [name, why] = first;
    throw new ActivationError({
      what: `systemd does not stop ${name}, whose file is gone`,
      why,
      fix: `Correct what is said above, then: systemctl stop ${name}`,
    });
  };

  /** Its processes run without it, but it is what an operator stops and what the next boot starts. */
  const startTarget = async (): Promise<void> => {
    const answer = await call(['start', '--job-mode=ignore-dependencies'], [target]);
    if (answer !== null && answer.exitCode !== 0) log.warn(`${target} is not started: ${wordsOf('start', answer)}`);
  };

  return {
    startsAtBoot: true,
    ordersItself: true,
    endsLeftovers: true,
    endsControlGroups: true,
    awaitsReadiness: (unit) => activationOf(unit).awaitsReadiness,
    observe: (units, depth = 'process') => observeUnits(units, depth, systemctl, installation),
    drift: async ({ path, units }, others) => {
      const { changed, extras } = await installation.drift(units, others);
      const known = others.filter((unit) => unitsOf(unit).some((name) => extras.includes(name)));
      const unknown = extras.filter((name) => !known.some((unit) => unitsOf(unit).includes(name)));
      const found = [...known, ...unknown.map((name) => strayUnit(name, strayActivation(name), path))];
      const observations = await observeUnits(found, 'state', systemctl, installation);
      return {
        changed,
        extras: found.flatMap((unit) => {
          const observation = observations.get(unit.instance);
          return observation === undefined ? [] : [{ unit, observation }];
        }),
      };
    },
    isWanted: (unit) => !activationOf(unit).onlyManualStart && !isHidden(unit),
    remarks: async (units) => [
      ...remarksAboutUnits(units.flatMap(unitsOf), search),
      ...(await remarksAboutLingering(scope)),
    ],
    collisions: (units) => collisionsOf(units, (some) => installation.check(some)),
    start,
    stop,
    restart,
    reload: (units) => reloadUnits(units, systemctl),
    install: async (next) => {
      installed = null;
      if (next === null) targetIsStarted = false;
      const removed = await installation.update(next, reloadManager);
      installed = next;
      if (removed.length === 0) return;
      // Without its file, stopping it does not stop what may go on running.
      if (next === null) await call(['stop'], [target]);
      await forget(removed);
    },
    finish: async (next) => {
      // Without the processes that it wants: those that somebody has stopped shall stay so.
      if (next !== null && !targetIsStarted) await startTarget();
    },
    // systemd itself reads it; a daemon that cannot write it does not count as started.
    writtenAtStart: ({ properties: { Service: section = {} } }) => {
      const file = isJsonObject(section) ? section['PIDFile'] : undefined;
      return typeof file === 'string' && file.startsWith('/') ? [file] : [];
    },
    logs: (unit) => ({
      kind: 'command',
      command: ({ lines, follow }) => [
        'journalctl',
        ...['--no-pager', '--output=short-iso', `${scope.unitOption}=${mainUnitOf(unit)}`, `--lines=${lines}`],
        ...(follow ? ['--follow'] : []),
      ],
    }),
    // systemd itself supervises; a unit that runs us in the foreground only waits.
    supervise: null,
  };
};
