import { join } from 'node:path';
import type { RunRequest, RunResult } from '../../system/ports.js';
import type { AfterStop, DeployedUnit, UnitChange } from '../backend.js';
import { awaitOrphanedScripts } from '../shared/await-orphaned-scripts.js';
import { endOrphans } from '../shared/end-orphans.js';
import { linesSince, markLogs } from '../shared/log-tail.js';
import { NoAnswerError } from '../shared/manager-answers.js';
import { recordedProcess, starterOf } from '../shared/recorded-process.js';
import { defaultPatience } from '../shared/recorded-start.js';
import { fine, refused, type Verdict } from '../shared/unit-by-unit.js';
import { until } from '../shared/until.js';
import { activationOf } from './activation-data.js';
import { markOf, observeService } from './observe-services.js';
import type { Parts } from './parts.js';
import { killTime } from './script.js';

/** How often is looked whether something has come about, and how long a new process may take to record itself, in milliseconds. */
const pause = 20;
const longestRecording = 2000;

/** Seconds that what is done before a process may take, where nobody says. */
const longestInitialization = 90;

const stopSeconds = ({ ports }: Parts, unit: DeployedUnit): number =>
  unit.stopTimeout ?? ports.timeouts?.stop ?? defaultPatience;

/** Seconds that a start may take: what is done before the process, and until it is ready. */
const startSeconds = ({ ports }: Parts, unit: DeployedUnit): number =>
  (unit.startTimeout ?? ports.timeouts?.start ?? longestInitialization) + (unit.readiness?.timeout ?? 0);

/** How an activity of a service is called. Other services are left out of it: their order is the tool's. */
const callOf = ({ files }: Parts, unit: DeployedUnit, activity: string): RunRequest => ({
  // Without it in OpenRC's directory, the profile's own one still stops what runs.
  file: files.isThere(unit) ? files.pathOf(unit) : join(unit.profile, activationOf(unit).script),
  args: ['--nodeps', '--nocolor', activity],
  cwd: '/',
  // The supervisor goes on with what it is started with.
  startsClean: true,
  leavesDaemon: true,
});

/**
 * Runs a service script.
 *
 * @param seconds that it may take besides the time for an answer
 * @throws NoAnswerError when it does not end in time; WaitInterruptedError
 */
const runScript = (parts: Parts, unit: DeployedUnit, activity: string, seconds: number): Promise<RunResult> => {
  const { answers, ports } = parts;
  const call = callOf(parts, unit, activity);
  return answers.bounded([call.file, ...call.args].join(' '), seconds * 1000, (signal) =>
    ports.run({ ...call, signal }),
  );
};

/** What a script has said, without the marks that OpenRC puts before lines and behind them. */
const wordsOf = ({ stdout, stderr }: RunResult): string =>
  `${stdout}\n${stderr}`
    .split('\n')
    .map((line) =>
      line
        .replace(/^ \* /, '')
        .replace(/\s*\[ (?:ok|!!) \]\s*$/, '')
        .trim(),
    )
    .filter((line) => line !== '')
    .join('\n');

/** Ends the supervisor of a service and then its process, without a word from OpenRC, and has OpenRC forget that it runs. */
const endByForce = async (parts: Parts, unit: DeployedUnit, milliseconds: number): Promise<void> => {
  const { processes, ports } = parts;
  const { recordFile, service } = activationOf(unit);
  const supervisor = await starterOf(processes, recordFile);
  // It would start the process again.
  const found = supervisor?.lives === true ? await processes.find(supervisor.pid) : null;
  if (found !== null) await endOrphans([{ ...found, name: `supervise-daemon ${service}`, milliseconds: 0 }], ports.run);
  const { state, pid } = await recordedProcess(processes, recordFile);
  const left = state === 'running' && pid !== null ? await processes.find(pid) : null;
  if (left !== null) await endOrphans([{ ...left, name: unit.instance, milliseconds }], ports.run);
  if (markOf(parts, service) !== null) await runScript(parts, unit, 'zap', 0);
};

/** Stops a service, whatever OpenRC and its supervisor know of it. */
export const stopService = async (parts: Parts, unit: DeployedUnit): Promise<Verdict> => {
  const { ports } = parts;
  const seconds = stopSeconds(parts, unit);
  const { state, pid } = await observeService(parts, unit);
  if (state === 'absent' || (state === 'stopped' && pid === null)) return fine;
  const mark = markOf(parts, activationOf(unit).service);
  if (mark !== null && mark !== 'failed') {
    try {
      await runScript(parts, unit, 'stop', seconds + killTime);
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
      ports.log.warn(`killing ${unit.instance} and its supervise-daemon, which does not end`);
    }
  }
  const left = await recordedProcess(parts.processes, activationOf(unit).recordFile);
  const isMarked = markOf(parts, activationOf(unit).service) !== null;
  if (left.state === 'running' || isMarked) await endByForce(parts, unit, seconds * 1000);
  return fine;
};

/** Starts a service whose script is there. */
export const startService = async (parts: Parts, unit: DeployedUnit): Promise<Verdict> => {
  const { signal, processes } = parts;
  const { recordFile, logFile, service } = activationOf(unit);
  const before = await observeService(parts, unit);
  if (before.state === 'running') return fine;
  // What is half up, or supervised by nobody, would be in the way of another one.
  if (before.pid !== null || markOf(parts, service) !== null) await stopService(parts, unit);
  const logs = await markLogs([logFile]);
  const failed = async (why: string): Promise<Verdict> => {
    await stopService(parts, unit);
    return refused([why, ...(await linesSince(logs, 10))].filter((line) => line !== '').join('\n'));
  };
  let result: RunResult;
  try {
    result = await runScript(parts, unit, 'start', startSeconds(parts, unit));
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    return failed(error.message);
  }
  if (result.exitCode !== 0) return failed(wordsOf(result));
  const isUp = async (): Promise<boolean> => (await recordedProcess(processes, recordFile)).state === 'running';
  if (await until({ limit: longestRecording, pause, signal }, isUp)) return fine;
  return failed('it ended at once');
};

/** Stops a service by what it was, and starts it by what it becomes. */
export const replaceService = async (
  parts: Parts,
  { before, after }: UnitChange,
  afterStop?: AfterStop,
): Promise<Verdict> => {
  const stopped = await stopService(parts, before);
  if (!stopped.ok) return stopped;
  await afterStop?.([before]);
  return startService(parts, after);
};

export const reloadService = async (parts: Parts, unit: DeployedUnit): Promise<Verdict> => {
  if ((await observeService(parts, unit)).state !== 'running') return refused('it does not run');
  const result = await runScript(parts, unit, 'reload', 0);
  return result.exitCode === 0 ? fine : refused(wordsOf(result));
};

/**
 * Waits until no script of these services is at work any more that a command has left which was killed.
 *
 * @throws ActivationError when that takes longer than the command would have waited
 */
export const awaitScripts = (parts: Parts, units: readonly DeployedUnit[]): Promise<void> =>
  awaitOrphanedScripts(
    units,
    (unit, activity) => {
      const seconds = activity === 'start' ? startSeconds(parts, unit) : stopSeconds(parts, unit);
      return { ...callOf(parts, unit, activity), timeout: (seconds + killTime) * 1000 };
    },
    parts.ports,
  );
