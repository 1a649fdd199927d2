import type { Run, RunResult } from '../../system/ports.js';
import { managerAnswers, type AnswerLimits } from '../shared/manager-answers.js';

/**
 * Error numbers of launchctl, which are those of errno(2) and, from 107 on, of xpc (`launchctl error N` explains them).
 * They are in its words ("Bootstrap failed: 5: Input/output error") and, since macOS 10.13, its exit code.
 */
export const launchctlErrors = {
  /** Of bootstrap: mostly still loaded, or disabled. */
  inputOutput: 5,
  noSuchProcess: 3,
  /** Of bootout: it has begun, and is not done yet. */
  inProgress: 36,
  /** Of bootstrap: it is loaded. */
  alreadyInProgress: 37,
  alreadyLoaded: 17,
  noSuchDomain: 112,
  noSuchService: 113,
  disabled: 119,
  /** There is no such domain: nobody is logged in at the screen. */
  domainWithoutAction: 125,
} as const;

/** How a command of launchctl ended. */
export interface Answer {
  /** 0 for success. */
  readonly error: number;
  /** What it said about a failure, on one line. */
  readonly words: string;
  readonly stdout: string;
}

/** What launchd says of a job that it has loaded. */
export interface LoadedJob {
  /** null when no process of it runs. */
  readonly pid: number | null;
  /** How its last process ended: an exit code, negative for a signal; null when none has ended yet. */
  readonly lastExit: number | null;
}

export interface Launchctl {
  /** The jobs that a domain has loaded, by label; null when there is no such domain. */
  services(domain: string): Promise<ReadonlyMap<string, LoadedJob> | null>;
  /** One job; null when it is not loaded, or its domain does not exist. */
  find(target: string): Promise<LoadedJob | null>;
  call(verb: string, ...args: readonly string[]): Promise<Answer>;
}

/** The lines "PID STATUS LABEL" in the block "services" of what `launchctl print DOMAIN` shows. */
export const parseServices = (text: string): ReadonlyMap<string, LoadedJob> => {
  const block = /^\tservices = \{\n([\s\S]*?)^\t\}/m.exec(text)?.[1] ?? '';
  const lines = block.matchAll(/^\s*(\d+|-)\s+(-?\d+|-|\(\w+\))\s+(\S+)\s*$/gm);
  return new Map(
    [...lines].map(([, pid, status, label = '']) => [
      label,
      { pid: Number(pid) > 0 ? Number(pid) : null, lastExit: /^-?\d+$/.test(status ?? '') ? Number(status) : null },
    ]),
  );
};

/** What `launchctl print DOMAIN/LABEL` shows. Deeper blocks have lines of the same names, further in. */
export const parseJob = (text: string): LoadedJob => {
  const pid = /^\tpid = (\d+)$/m.exec(text)?.[1];
  const exit = /^\tlast exit code = (-?\d+)/m.exec(text)?.[1];
  const signal = /^\tlast terminating signal = \D*(\d+)/m.exec(text)?.[1];
  const ended = exit === undefined ? (signal === undefined ? null : -Number(signal)) : Number(exit);
  return { pid: pid === undefined ? null : Number(pid), lastExit: ended };
};

/** Milliseconds that a verb may take besides which waits for the job's process to start or to end. */
const longestVerb = 60_000;

/**
 * @param limits how long launchd is waited for. Default: that of managerAnswers
 * @throws MissingProgramError, from each call, where there is no launchctl; and as managerAnswers says
 */
export const createLaunchctl = (run: Run, limits?: AnswerLimits): Launchctl => {
  const { question, bounded } = managerAnswers({ name: 'launchd', check: 'launchctl print system' }, limits);
  const call = async (verb: string, ...args: readonly string[]): Promise<Answer> => {
    const words = ['launchctl', verb, ...args].join(' ');
    const ask = (signal: AbortSignal): Promise<RunResult> => run({ file: 'launchctl', args: [verb, ...args], signal });
    const { exitCode, stdout, stderr } = await (verb === 'print'
      ? question(words, ask)
      : bounded(words, longestVerb, ask));
    const said = stderr.trim().replaceAll('\n', ' ');
    const named = /: (\d+): /.exec(said)?.[1];
    return { error: exitCode === 0 ? 0 : Number(named ?? exitCode), words: said || `error ${exitCode}`, stdout };
  };
  return {
    call,
    services: async (domain) => {
      const { error, stdout } = await call('print', domain);
      return error === 0 ? parseServices(stdout) : null;
    },
    find: async (target) => {
      const { error, stdout } = await call('print', target);
      return error === 0 ? parseJob(stdout) : null;
    },
  };
};
