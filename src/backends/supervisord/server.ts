import { ManagerUnavailableError } from '../../system/errors.js';
import type { Orphan } from './orphans.js';
import { SupervisorFault, type ProcessInfo, type SupervisorClient } from './supervisor-client.js';
import { RpcTransportError } from './xml-rpc.js';

/** What is known of programs whose supervisord is no more. */
export interface LeftBehind {
  /** Their processes that still run. */
  readonly orphans: readonly Orphan[];
  /** Programs that ran when it was asked the last time. */
  readonly ran: ReadonlySet<string>;
}

/** The supervisord that programs of a deployment run under. */
export interface SupervisordServer {
  /** Throws ManagerUnavailableError when supervisord cannot be asked. */
  readonly client: SupervisorClient;
  /** The directory whose *.conf files it reads. */
  readonly programDirectory: string;
  /** True when nobody else puts files there. */
  readonly exclusive: boolean;
  /** @throws ManagerUnavailableError when that cannot be found out */
  isRunning(): Promise<boolean>;
  /**
   * Asks it something; null when it does not run. Whether it does is only looked at when it does not answer.
   *
   * @throws ManagerUnavailableError when it runs and cannot be asked
   */
  ask<Answer>(question: (client: SupervisorClient) => Promise<Answer>): Promise<Answer | null>;
  /**
   * Starts it, without programs, unless it runs.
   *
   * @returns whether it had to be started
   * @throws ManagerUnavailableError when it does not start
   */
  ensureRunning(): Promise<boolean>;
  /**
   * Writes down which processes it has, by programs that it was just asked for, so that they are known when it is killed.
   * Nothing where that is not for us to do.
   */
  remember(groups: ReadonlyMap<string, readonly ProcessInfo[]>): Promise<void>;
  /** Writes down that programs were stopped, which it may not have loaded. */
  noteStopped(programs: readonly string[]): Promise<void>;
  /** Programs that were stopped when they were written down the last time. */
  stopped(): Promise<ReadonlySet<string>>;
  /** To be asked when it does not run: what it has left; null when it has not run since the machine started. */
  leftBehind(): Promise<LeftBehind | null>;
  /** Ends it and removes its files, if it is ours; leaves it alone otherwise. Programs that still run are stopped. */
  end(): Promise<void>;
}

/** Nothing listens there: no socket, or one that a dead supervisord left behind. */
export const isNotListening = (error: unknown): boolean =>
  error instanceof RpcTransportError && ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'].includes(error.reason);

/** It ended, or was restarted, while it was asked. */
export const isHungUp = (error: unknown): boolean =>
  error instanceof RpcTransportError && ['ECONNRESET', 'EPIPE'].includes(error.reason);

/** It is about to end, and refuses everything but looking at it. */
export const isShuttingDown = (error: unknown): boolean =>
  error instanceof SupervisorFault && error.fault === 'SHUTDOWN_STATE';

/** Says in words why supervisord could not be asked; other errors come back as they are. */
export const explainTransportError = (error: unknown, where: string): unknown => {
  if (!(error instanceof RpcTransportError)) return error;
  const [why, fix] = ((): readonly [string, string] => {
    switch (error.reason) {
      case 'ENOENT':
      case 'ECONNREFUSED':
        return ['Nothing listens there', 'Start it'];
      case 'EACCES':
      case 'EPERM':
        return ['You may not use its socket', 'Run the command as the user that supervisord runs as'];
      case 'HTTP 401':
        return ['It does not accept the user name and password', 'Correct them in supervisord.conf'];
      default:
        return [error.message, 'See whether it is alive, and what its log says'];
    }
  })();
  return new ManagerUnavailableError({ what: `supervisord at ${where} cannot be asked`, why, fix }, { cause: error });
};

/** The same client, whose failures to reach supervisord are explained. */
export const explaining = (client: SupervisorClient, where: string): SupervisorClient => {
  const explained = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      throw explainTransportError(error, where);
    }
  };
  return {
    endpoint: client.endpoint,
    getPid: () => explained(client.getPid()),
    getAllProcesses: () => explained(client.getAllProcesses()),
    getProcesses: (processes) => explained(client.getProcesses(processes)),
    reloadConfig: () => explained(client.reloadConfig()),
    callAll: (calls) => explained(client.callAll(calls)),
    shutdown: () => explained(client.shutdown()),
  };
};
