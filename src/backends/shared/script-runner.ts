import { join } from 'node:path';
import type { RunRequest, RunResult } from '../../system/ports.js';
import { openProcessTable, type ProcessTable } from '../../system/processes.js';
import { MissingProgramError } from '../../system/run.js';
import type { DeployedUnit, Observation, SessionContext, UnitOutcome } from '../backend.js';
import {
  loggedCommand,
  logToWrite,
  namedProcess,
  observeForeign,
  settleForeign,
  type StatusAnswer,
} from './foreign-script.js';
import { linesSince, markLogs } from './log-tail.js';
import { observeService } from './observe-service.js';
import { scriptActivationOf } from './script-activation.js';
import { defaultAnswerLimits } from './manager-answers.js';
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

/** A program that refuses its command line says why, and then all that it would take; nobody wants to read that here. */
const withoutUsage = (text: string): string => text.replace(/\nusage:[^]*/i, '');

/** What a script of ours warns of although it succeeds: "NAME: warning: …", each on a line of its own. */
const warningsIn = ({ stderr }: RunResult): readonly string[] =>
  stderr.split('\n').filter((line) => /^[^:]+: warning: /.test(line));

/** The reason of a failure is on stderr; what is on stdout only announces. */
const lastWords = ({ stdout, stderr, exitCode, timedOut }: RunResult): string =>
  [
    ...(timedOut ? [`its script took too long and was ended\n${stderr.trim()}`.trim()] : []),
    withoutUsage(stderr.trim()),
    stdout.trim(),
    `exit code ${exitCode}`,
  ].find((words) => words !== '') ?? '';

/** What a script of another tool is called with. */
interface ForeignSurroundings extends Pick<ScriptRunner, 'callOf' | 'observe'> {
  readonly run: SessionContext['run'];
  readonly processes: ProcessTable;
  /** Seconds that a stop may take, for units that say nothing themselves; null: what is usual. */
  readonly patience: number | null;
}

/** Somebody else's script may say that all is well before it is, or when it is not. */
const foreignPerformer =
  ({ run, processes, callOf, observe, patience }: ForeignSurroundings) =>
  async (unit: DeployedUnit, activity: 'start' | 'stop'): Promise<UnitOutcome> => {
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
          patience: activity === 'stop' ? (unit.stopTimeout ?? patience) : null,
        });
    if (ok) return { instance, ok: true, detail: null };
    const stillRuns = last === null ? 'it still runs' : `its process ${last.pid} still lives`;
    const words = activity === 'start' ? observation.detail : stillRuns;
    const lines = [`its script ended with exit code ${exitCode}`, ...(await linesSince(mark, 10))];
    return { instance, ok: false, detail: [...(words === null ? [] : [words]), ...lines].join('\n') };
  };

/** Calls the scripts of one manager. */
export interface ScriptRunner {
  /** How an activity of a unit is called. */
  readonly callOf: (unit: DeployedUnit, activity: ScriptActivity) => RunRequest;
  readonly observe: (unit: DeployedUnit) => Promise<Observation>;
  /** Has a unit's script do something, and tells how that went. */
  readonly perform: (unit: DeployedUnit, activity: ScriptActivity) => Promise<UnitOutcome>;
}

/** @param calls what is particular to the manager: arguments, environment, and what stands for scripts of other tools */
export const createScriptRunner = async (
  {
    run,
    log,
    timeouts = { start: null, stop: null },
    answerLimits = defaultAnswerLimits,
  }: Pick<SessionContext, 'run' | 'log' | 'timeouts' | 'answerLimits'>,
  calls: ScriptCalls,
): Promise<ScriptRunner> => {
  const { argumentsFor, environment, commandFor } = calls;
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

  const performForeign = foreignPerformer({ run, processes, callOf, observe, patience: timeouts.stop });

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
  return { callOf, observe, perform };
};
