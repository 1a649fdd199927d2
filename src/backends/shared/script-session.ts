import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceName } from '../../model/process-model.js';
import { userOfUnit } from '../../profile/user-of-unit.js';
import { ActivationError } from '../../system/errors.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type { RunRequest, RunResult } from '../../system/ports.js';
import { openProcessTable } from '../../system/processes.js';
import { runningCommands } from '../../system/running-commands.js';
import { MissingProgramError } from '../../system/run.js';
import type {
  AfterStop,
  Collision,
  DeployedProfile,
  DeployedUnit,
  ExtraUnit,
  ManagerSession,
  Observation,
  SessionContext,
  UnitChange,
  UnitOutcome,
} from '../backend.js';
import {
  loggedCommand,
  logToWrite,
  namedProcess,
  observeForeign,
  settleForeign,
  type StatusAnswer,
} from './foreign-script.js';
import { checkRecordDirectories, isOwnRecord } from './own-directory.js';
import { linesSince, markLogs } from './log-tail.js';
import { removeRecords } from './remove-records.js';
import { runningAmong } from './extra-units.js';
import { observeService } from './observe-service.js';
import { scriptActivationOf } from './script-activation.js';
import { defaultAnswerLimits } from './manager-answers.js';
import { scriptsLook } from './script-environment.js';
import { scriptTimeouts, type ScriptActivity } from './script-timeouts.js';

/** How the scripts of one manager are called. */
export interface ScriptCalls {
  /** The script's arguments that stand for an activity. */
  readonly argumentsFor: (activity: ScriptActivity) => readonly string[];
  /** Changes to the environment that the user called us with. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * The command for an activity of a unit that was laid out by others without a script, which does what a script of ours
   * would; null for others. Default: others lay out scripts.
   */
  readonly commandFor?: (unit: DeployedUnit, activity: ScriptActivity) => readonly [string, ...string[]] | null;
}

/** A session with services that are started and stopped by scripts of their profile; no manager runs. */
export interface ScriptSession extends Pick<
  ManagerSession,
  'observe' | 'leastSettle' | 'start' | 'stop' | 'reload' | 'restart' | 'logs' | 'supervise' | 'awaitOrphans'
> {
  /** Units of other generations that run. Their records go with those of the current generation. */
  readonly findExtras: (deployed: DeployedProfile, others: readonly DeployedUnit[]) => Promise<readonly ExtraUnit[]>;
  /** Writes down that the services of `next` are this profile's. */
  readonly claim: (next: DeployedProfile | null) => Promise<void>;
  /** Which of these services are another profile's. */
  readonly claimedByOthers: (units: readonly DeployedUnit[]) => Promise<readonly Collision[]>;
  /** Removes the records of services that are not in `next`: nothing is left, not even that they were stopped. */
  readonly removeRecords: (next: DeployedProfile | null) => Promise<void>;
}

/** A program that refuses its command line says why, and then all that it would take; nobody wants to read that here. */
const withoutUsage = (text: string): string => text.replace(/\nusage:[^]*/i, '');

/** What a script of ours warns of although it succeeds: "NAME: warning: …", each on a line of its own. */
const warningsIn = ({ stderr }: RunResult): readonly string[] =>
  stderr.split('\n').filter((line) => /^[^:]+: warning: /.test(line));

/** How often is looked whether a script has ended that nobody can wait for, in milliseconds. */
const orphanPause = 100;

/** The reason of a failure is on stderr; what is on stdout only announces. */
const lastWords = ({ stdout, stderr, exitCode, timedOut }: RunResult): string =>
  [
    ...(timedOut ? [`its script took too long and was ended\n${stderr.trim()}`.trim()] : []),
    withoutUsage(stderr.trim()),
    stdout.trim(),
    `exit code ${exitCode}`,
  ].find((words) => words !== '') ?? '';

/** Not before something changes. */
const loadClaims = () => import('./state-claims.js');

/** Scripts are run from the profile that they belong to. */
export const createScriptSession = async (
  {
    run,
    log,
    jobs,
    current,
    target,
    profileLink,
    timeouts = { start: null, stop: null },
    answerLimits = defaultAnswerLimits,
  }: SessionContext,
  { argumentsFor, environment, commandFor }: ScriptCalls,
): Promise<ScriptSession> => {
  const recordsOf = (units: readonly DeployedUnit[]): readonly string[] =>
    units.map((unit) => scriptActivationOf(unit).recordFile);
  checkRecordDirectories(recordsOf([...(current?.units ?? []), ...(target?.units ?? [])]));
  const processes = await openProcessTable(run);
  const secondSignal = answerLimits.stopSignals?.second;
  const callOf = (unit: DeployedUnit, activity: ScriptActivity): RunRequest => {
    const script = join(unit.profile, scriptActivationOf(unit).script);
    const [file, ...args] = commandFor?.(unit, activity) ?? [script, ...argumentsFor(activity)];
    const { limits, patience } = scriptTimeouts(unit, timeouts);
    // Our functions see to the output of what they start; a user's own commands may not.
    return {
      file,
      args,
      cwd: '/',
      env: { ...environment, ...limits },
      leavesDaemon: true,
      // With a session of its own, all of it can be ended.
      ignoresTerminal: true,
      // A user's own commands, and scripts of other tools, clean nothing.
      startsClean: activity === 'start',
      timeout: activity === 'status' ? answerLimits.patience : patience[activity] * 1000,
      ...(secondSignal === undefined ? {} : { signal: secondSignal }),
    };
  };
  /** Whether the script is somebody else's, which may do anything. */
  const isForeign = (unit: DeployedUnit): boolean => unit.isLaidOut === true && commandFor === undefined;

  const ask = async (unit: DeployedUnit): Promise<StatusAnswer> => {
    try {
      const { exitCode, stdout, timedOut } = await run(callOf(unit, 'status'));
      return { exitCode, words: timedOut ? 'its script did not answer in time to: status' : stdout.trim() };
    } catch (error) {
      if (!(error instanceof MissingProgramError)) throw error;
      return { exitCode: 4, words: `${error.program} is not there` };
    }
  };

  const observe = (unit: DeployedUnit): Promise<Observation> => {
    const activation = scriptActivationOf(unit);
    const watch = isForeign(unit) ? observeForeign : observeService;
    return watch(activation, processes, () => ask(unit));
  };

  /** Somebody else's script may say that all is well before it is, or when it is not. */
  const performForeign = async (unit: DeployedUnit, activity: 'start' | 'stop'): Promise<UnitOutcome> => {
    const { instance } = unit;
    const activation = scriptActivationOf(unit);
    const call = callOf(unit, activity);
    const [file, ...args] = loggedCommand(await logToWrite(activation.logFile), [call.file, ...call.args]);
    const last = activity === 'stop' ? await namedProcess(activation, processes) : null;
    const mark = await markLogs(activation.logFile === null ? [] : [activation.logFile]);
    const { exitCode } = await run({ ...call, file, args });
    const wanted = activity === 'start' ? 'started' : 'stopped';
    const isHopeless = activity === 'start' && exitCode !== 0 && (await observe(unit)).state !== 'running';
    const { ok, observation } = isHopeless
      ? { ok: false, observation: await observe(unit) }
      : await settleForeign(wanted, activation, processes, () => observe(unit), {
          last,
          patience: activity === 'stop' ? (unit.stopTimeout ?? timeouts.stop) : null,
        });
    if (ok) return { instance, ok: true, detail: null };
    const stillRuns = last === null ? 'it still runs' : `its process ${last.pid} still lives`;
    const words = activity === 'start' ? observation.detail : stillRuns;
    const lines = [`its script ended with exit code ${exitCode}`, ...(await linesSince(mark, 10))];
    return { instance, ok: false, detail: [...(words === null ? [] : [words]), ...lines].join('\n') };
  };

  const told = new Set<string>();
  /** A start that stops before, and then starts, warns of the same twice. */
  const tell = (warnings: readonly string[]): void => {
    for (const line of warnings.filter((warning) => !told.has(warning))) {
      told.add(line);
      log.warn(line.replace(': warning: ', ': '));
    }
  };

  const perform = async (unit: DeployedUnit, activity: ScriptActivity): Promise<UnitOutcome> => {
    const { instance } = unit;
    if (isForeign(unit) && (activity === 'start' || activity === 'stop')) {
      return performForeign(unit, activity);
    }
    try {
      const result = await run(callOf(unit, activity));
      if (result.exitCode === 0) tell(warningsIn(result));
      return result.exitCode === 0
        ? { instance, ok: true, detail: null }
        : { instance, ok: false, detail: lastWords(result) };
    } catch (error) {
      if (!(error instanceof MissingProgramError)) throw error;
      return { instance, ok: false, detail: `${error.program}, or the shell that it names, is not there` };
    }
  };
  const performAll = (units: readonly DeployedUnit[], activity: ScriptActivity): Promise<readonly UnitOutcome[]> =>
    mapConcurrently(units, jobs, (unit) => perform(unit, activity));

  const extras: DeployedUnit[] = [];
  // The old script knows how to stop what it started.
  const replace = async ({ before, after }: UnitChange, afterStop?: AfterStop): Promise<UnitOutcome> => {
    const stopped = await perform(before, 'stop');
    if (!stopped.ok) return { ...stopped, instance: after.instance };
    await afterStop?.([before]);
    return perform(after, 'start');
  };

  const observeAll = async (units: readonly DeployedUnit[]): Promise<ReadonlyMap<InstanceName, Observation>> =>
    new Map(await Promise.all(units.map(async (unit) => [unit.instance, await observe(unit)] as const)));

  const awaitOrphans = async (units: readonly DeployedUnit[]): Promise<void> => {
    const calls = units.flatMap((unit) =>
      (['start', 'stop', 'reload'] as const).map((activity) => {
        const { file, args, timeout = 0 } = callOf(unit, activity);
        return { words: [file, ...args].join(' '), timeout };
      }),
    );
    const begin = performance.now();
    for (let isFirst = true; ; isFirst = false) {
      const running = await runningCommands(run);
      const orphans = calls.flatMap(({ words, timeout }) =>
        running
          // Before the script there is the shell that runs it.
          .filter(({ command }) => command === words || command.endsWith(` ${words}`))
          .map((found) => ({ ...found, isLate: performance.now() - begin > timeout })),
      );
      const [orphan] = orphans;
      if (orphan === undefined) return;
      if (isFirst) log.info(`waiting for the end of what was begun: ${orphan.command} (process ${orphan.pid})`);
      const late = orphans.find(({ isLate }) => isLate);
      if (late !== undefined) {
        throw new ActivationError({
          what: `A script that a command before has left does not come to an end: ${late.command}`,
          why: 'Whatever is done to its service meanwhile, the script may undo',
          fix: `See what process ${late.pid} waits for, or end it: kill -9 ${late.pid}`,
        });
      }
      await sleep(orphanPause);
    }
  };

  return {
    observe: observeAll,
    leastSettle: scriptsLook,
    awaitOrphans,
    findExtras: async (deployed, others) => {
      const filesOf = (unit: DeployedUnit): readonly string[] => {
        const { recordFile, pidFile } = scriptActivationOf(unit);
        return pidFile === null ? [recordFile] : [recordFile, pidFile];
      };
      const taken = new Set(deployed.units.flatMap(filesOf));
      // With the files of a process of today, today's process would be taken for an old one.
      const candidates = others.filter(
        (unit) => !filesOf(unit).some((file) => taken.has(file)) && isOwnRecord(scriptActivationOf(unit).recordFile),
      );
      const found = runningAmong(candidates, await observeAll(candidates));
      extras.push(...found.map(({ unit }) => unit));
      return found;
    },
    stop: (units) => performAll(units, 'stop'),
    start: (units) => performAll(units, 'start'),
    reload: (units) => performAll(units, 'reload'),
    restart: (changes, afterStop) => mapConcurrently(changes, jobs, (change) => replace(change, afterStop)),
    logs: (unit) => {
      const { logFile } = scriptActivationOf(unit);
      return { kind: 'files', paths: logFile === null ? [] : [logFile], user: userOfUnit(unit) };
    },
    supervise: null,
    claim: async (next) => {
      const { claim } = await loadClaims();
      if (next !== null) await claim(next, profileLink, log);
    },
    claimedByOthers: async (units) => (await loadClaims()).claimedByOthers(units, profileLink),
    removeRecords: async (next) => {
      const kept = new Set(recordsOf(next?.units ?? []));
      const obsolete = recordsOf([...(current?.units ?? []), ...extras]).filter((file) => !kept.has(file));
      checkRecordDirectories(obsolete);
      checkRecordDirectories(obsolete);
      const { release } = await loadClaims();
      await release(current?.units ?? [], next?.units ?? [], profileLink);
      await removeRecords(obsolete);
    },
  };
};
