import { join } from 'node:path';
import { ManagerUnavailableError } from '../../system/errors.js';
import type { Ports, RunResult } from '../../system/ports.js';
import { MissingProgramError } from '../../system/run.js';
import type { SessionContext } from '../backend.js';
import { managerAnswers } from '../shared/manager-answers.js';
import { supervisorArguments, supervisorScript } from '../shared/supervisor-start.js';
import type { ProfileData } from './activation-data.js';

/** Runs runit's programs: those that a profile was built with, or those on PATH. */
export interface Programs {
  /**
   * Runs sv(8).
   *
   * @param seconds what it may take besides the time for an answer. Default: it answers at once
   * @throws ManagerUnavailableError when it is not there, or does not end in time; WaitInterruptedError
   */
  readonly sv: (args: readonly string[], seconds?: number) => Promise<RunResult>;
  /**
   * Starts runsvdir(8) in the background, with nothing of the caller's.
   *
   * @param log where it and everything below it writes
   * @throws ManagerUnavailableError
   */
  readonly startRunsvdir: (scan: string, log: string, runtimeDir: string) => Promise<void>;
}

/** How many files runsvdir may have open: it needs few, and each runsv inherits the limit. */
const openFiles = 1024;

const startScript = supervisorScript(`exec </dev/null >>"$1" 2>&1
shift
nixproc_run_clean "$@" &`);

export const programsOf = (
  data: ProfileData | null,
  { run, env, answerLimits }: Pick<Ports, 'run' | 'env'> & Pick<SessionContext, 'answerLimits'>,
): Programs => {
  const answers = managerAnswers({ name: 'runit', check: 'sv status DIRECTORY' }, answerLimits);
  const bin = data === null ? null : join(data.runit, 'bin');
  const fileOf = (program: string): string => (bin === null ? program : join(bin, program));
  const explained = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof MissingProgramError)) throw error;
      throw new ManagerUnavailableError(
        {
          what: `The program ${error.program} was not found`,
          why: 'It belongs to runit, which the processes of this profile run under',
          fix: 'Install runit (http://smarden.org/runit/), or choose another process manager with -P',
        },
        { cause: error },
      );
    }
  };
  return {
    sv: (args, seconds) => {
      const call = (signal: AbortSignal): Promise<RunResult> =>
        run({ file: fileOf('sv'), args, cwd: '/', env: { LC_ALL: 'C', SVWAIT: undefined, SVDIR: undefined }, signal });
      const asked = `sv ${args.join(' ')}`;
      return explained(
        seconds === undefined ? answers.question(asked, call) : answers.bounded(asked, seconds * 1000, call),
      );
    },
    startRunsvdir: async (scan, log, runtimeDir) => {
      // It looks for runsv on PATH.
      const path = [...(bin === null ? [] : [bin]), env['PATH'] ?? ''].filter((part) => part !== '').join(':');
      const { exitCode, stderr } = await answers.bounded('its start', 0, (signal) =>
        run({
          file: data?.shell ?? '/bin/sh',
          args: [
            ...['-c', startScript, 'sh'],
            ...supervisorArguments({ openFiles, runtimeDir }, [log, fileOf('runsvdir'), '-P', scan]),
          ],
          cwd: '/',
          env: { PATH: path },
          leavesDaemon: true,
          signal,
        }),
      );
      if (exitCode === 0) return;
      throw new ManagerUnavailableError({
        what: 'runsvdir did not start',
        why: stderr.trim() === '' ? `The shell that starts it ended with exit code ${exitCode}` : stderr.trim(),
        fix: `Look at ${log}`,
      });
    },
  };
};
