import { ManagerUnavailableError } from '../../system/errors.js';
import type { Run, RunResult } from '../../system/ports.js';
import { managerAnswers, type AnswerLimits } from '../shared/manager-answers.js';

/** Error numbers of Windows (winerror.h) that cygrunsrv shows as "Win32 error N". */
export const windowsErrors = {
  dependentServicesRunning: 1051,
  alreadyRunning: 1056,
  noSuchService: 1060,
  notActive: 1062,
  logonFailed: 1069,
  markedForDeletion: 1072,
  serviceExists: 1073,
} as const;

/** What cygrunsrv says of one service. */
export interface ServiceState {
  /** "Running", "Stopped", "Start Pending", "Stop Pending" … */
  readonly state: string;
}

/** How a command of cygrunsrv ended. */
export interface Answer {
  readonly ok: boolean;
  /** Windows' number of the failure; null when it said none. */
  readonly error: number | null;
  readonly words: string;
}

export interface ServiceManager {
  /** All services that cygrunsrv has installed, by name. */
  list(): Promise<ReadonlyMap<string, ServiceState>>;
  install(service: string, parameters: readonly string[]): Promise<Answer>;
  start(service: string): Promise<Answer>;
  stop(service: string): Promise<Answer>;
  remove(service: string): Promise<Answer>;
}

/** The services in what `cygrunsrv --list --verbose` prints: a block of "NAME : VALUE" lines for each. */
export const parseList = (text: string): ReadonlyMap<string, ServiceState> => {
  const services = new Map<string, ServiceState>();
  let name: string | null = null;
  for (const line of text.replaceAll('\r', '').split('\n')) {
    const [, key, value = ''] = /^(Service|Current State)\s+: (.*)$/.exec(line) ?? [];
    if (key === 'Service') name = value;
    if (key === 'Current State' && name !== null) services.set(name, { state: value });
  }
  return services;
};

/** Milliseconds that Windows may take besides until a service has started or ended. */
const longestChange = 120_000;

/**
 * @param limits how long Windows is waited for. Default: that of managerAnswers
 * @throws MissingProgramError, from each call, where there is no cygrunsrv; ManagerUnavailableError when it
 *   does not list services; and as managerAnswers says
 */
export const createServiceManager = (run: Run, limits?: AnswerLimits): ServiceManager => {
  const { question, bounded } = managerAnswers({ name: 'cygrunsrv', check: 'cygrunsrv --list' }, limits);
  const call = async (...args: readonly string[]): Promise<Answer & { readonly stdout: string }> => {
    const asked = ['cygrunsrv', ...args.slice(0, 2)].join(' ');
    const ask = (signal: AbortSignal): Promise<RunResult> => run({ file: 'cygrunsrv', args, signal });
    const { exitCode, stdout, stderr } = await (args[0] === '--list'
      ? question(asked, ask)
      : bounded(asked, longestChange, ask));
    const words = (stderr.trim() || stdout.trim() || `exit code ${exitCode}`).replace(/\s*\r?\n\s*/g, ' ');
    const number = /Win32 error (\d+)/.exec(words)?.[1];
    return { ok: exitCode === 0, error: number === undefined ? null : Number(number), words, stdout };
  };
  return {
    list: async () => {
      const { ok, words, stdout } = await call('--list', '--verbose');
      if (!ok) {
        throw new ManagerUnavailableError({
          what: 'The services of Windows cannot be reached',
          why: `cygrunsrv --list: ${words}`,
          fix: 'Run the command as an administrator ("Run as administrator")',
        });
      }
      return parseList(stdout);
    },
    install: (service, parameters) => call('--install', service, ...parameters),
    start: (service) => call('--start', service),
    stop: (service) => call('--stop', service),
    remove: (service) => call('--remove', service),
  };
};
