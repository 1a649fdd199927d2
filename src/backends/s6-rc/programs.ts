import { delimiter, join } from 'node:path';
import { ManagerUnavailableError } from '../../system/errors.js';
import type { Ports, RunRequest, RunResult } from '../../system/ports.js';
import { MissingProgramError } from '../../system/run.js';
import type { SessionContext } from '../backend.js';
import { managerAnswers } from '../shared/manager-answers.js';
import type { ProgramPlaces } from './activation-data.js';

type S6Program = 's6-svc' | 's6-svscan' | 's6-svscanctl' | 's6-svok' | 's6-svstat' | 's6-setsid';
type S6rcProgram = 's6-rc' | 's6-rc-compile' | 's6-rc-format-upgrade' | 's6-rc-init' | 's6-rc-update';

interface Options extends Pick<RunRequest, 'env' | 'cwd' | 'leavesDaemon'> {
  /** What it may take besides the time for an answer, in milliseconds: as long as processes do. Default: nothing. */
  readonly atMost?: number;
}

/** Runs programs of execline, s6 and s6-rc: those that a profile was built with, s6-rc's otherwise those on PATH. */
export interface Programs {
  /** @throws ManagerUnavailableError when it is not there, or does not end in time; WaitInterruptedError */
  run(program: S6Program | S6rcProgram | 'execlineb', args: readonly string[], options?: Options): Promise<RunResult>;
  /** A script for the shell of the model's packages, whose parameters are `args`; it finds all programs by their names. */
  shell(script: string, args: readonly string[], options?: Options): Promise<RunResult>;
}

export const programsOf = (
  { shell, execline, s6, s6rc }: ProgramPlaces,
  { run, env, answerLimits }: Ports & Pick<SessionContext, 'answerLimits'>,
): Programs => {
  const answers = managerAnswers({ name: 's6-rc', check: 's6-rc help' }, answerLimits);
  const path = [...[s6rc, execline, s6].map((place) => (place === null ? '' : join(place, 'bin'))), env['PATH'] ?? '']
    .filter((directory) => directory !== '')
    .join(delimiter);
  const fileOf = (program: string): string => {
    const place = program === 'execlineb' ? execline : program.startsWith('s6-rc') ? s6rc : s6;
    return place === null ? program : join(place, 'bin', program);
  };
  const start = async (asked: string, request: RunRequest, options: Options): Promise<RunResult> => {
    const { atMost, env: added, ...rest } = options;
    const call = (signal: AbortSignal): Promise<RunResult> =>
      run({ ...request, ...rest, env: { ...added, PATH: path }, signal });
    try {
      return await (atMost === undefined ? answers.question(asked, call) : answers.bounded(asked, atMost, call));
    } catch (error) {
      if (!(error instanceof MissingProgramError)) throw error;
      throw new ManagerUnavailableError(
        {
          what: `The program ${error.program} was not found`,
          why: 'It belongs to s6-rc, s6 or execline, which the processes of this profile run under',
          fix: 'Install s6-rc (https://skarnet.org/software/s6-rc/), or add its directory to PATH',
        },
        { cause: error },
      );
    }
  };
  return {
    run: (program, args, options = {}) => start([program, ...args].join(' '), { file: fileOf(program), args }, options),
    shell: (script, args, options = {}) => start(script, { file: shell, args: ['-c', script, 'sh', ...args] }, options),
  };
};
