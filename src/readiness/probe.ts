import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Probe } from '../model/readiness.js';
import { ExplainedError, unreachable } from '../system/errors.js';
import type { Run } from '../system/ports.js';

/** What one look at a process says: null when it is ready, else why not. */
export type Look = string | null;

/** `localhost` without a resolver: a service may listen on one of its addresses alone. */
const addressesOf = (host: string): readonly string[] => (host === 'localhost' ? ['127.0.0.1', '::1'] : [host]);

/** What is looked at, for people: "port 5432". */
export const describeProbe = (probe: Probe): string => {
  switch (probe.kind) {
    case 'port':
      return `port ${probe.port}`;
    case 'path':
      return probe.path;
    case 'http':
      return `http://${probe.host.includes(':') ? `[${probe.host}]` : probe.host}:${probe.port}${probe.path}`;
    case 'command':
      return probe.command.join(' ');
    case 'notify':
      return 'its own word';
    default:
      return unreachable(probe);
  }
};

const reasonOf = (error: NodeJS.ErrnoException): string => error.code ?? error.message;

/** Does something until the time is over, or until `signal` is aborted: then the signal that it gets is. */
const within = async <Result>(
  milliseconds: number,
  signal: AbortSignal,
  work: (end: AbortSignal) => Promise<Result>,
): Promise<Result> => {
  const end = new AbortController();
  const abort = (): void => {
    end.abort();
  };
  const timer = setTimeout(abort, milliseconds);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    return await work(end.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
};

const lookAtAddress = (host: string, port: number, signal: AbortSignal): Promise<Look> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    const end = (look: Look): void => {
      socket.destroy();
      resolve(look);
    };
    socket
      .once('connect', () => {
        end(null);
      })
      .once('error', (error: NodeJS.ErrnoException) => {
        end(error.code === 'ABORT_ERR' ? 'ETIMEDOUT' : reasonOf(error));
      });
  });

const lookAtPort = async (host: string, port: number, signal: AbortSignal): Promise<Look> => {
  const looks = await Promise.all(addressesOf(host).map((address) => lookAtAddress(address, port, signal)));
  return looks.includes(null) ? null : `nothing accepts connections on port ${port} of ${host} (${looks[0] ?? ''})`;
};

const lookAtPage = async (host: string, port: number, path: string, signal: AbortSignal): Promise<Look> => {
  // Few models ask for it, and it takes Node.js five milliseconds.
  const { get } = await import('node:http');
  return new Promise((resolve) => {
    const call = get({ host, port, path, agent: false, signal }, ({ statusCode = 0 }) => {
      resolve(statusCode >= 200 && statusCode < 400 ? null : `answered with status ${statusCode}`);
      call.destroy();
    });
    // Also after the answer, when the call is destroyed.
    call.on('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ABORT_ERR' ? 'no answer' : reasonOf(error));
    });
  });
};

const lookAtSite = async (host: string, port: number, path: string, signal: AbortSignal): Promise<Look> => {
  const looks = await Promise.all(addressesOf(host).map((address) => lookAtPage(address, port, path, signal)));
  // An answer says more than that nobody is there.
  const reason = looks.find((look) => look?.startsWith('answered')) ?? looks[0] ?? '';
  return looks.includes(null) ? null : `http://${host}:${port}${path}: ${reason}`;
};

const lookByCommand = async (
  command: readonly string[],
  milliseconds: number,
  signal: AbortSignal,
  run: Run,
): Promise<Look> => {
  const [file = '', ...args] = command;
  try {
    const { exitCode, stdout, stderr, timedOut } = await run({ file, args, timeout: milliseconds, signal });
    if (exitCode === 0 && !timedOut) return null;
    const words = `${stdout}\n${stderr}`.trim().split('\n').at(-1) ?? '';
    return `its command ${timedOut ? 'takes too long' : `ended with exit code ${exitCode}`}${words === '' ? '' : `: ${words}`}`;
  } catch (error) {
    if (!(error instanceof ExplainedError)) throw error;
    return error.message;
  }
};

/**
 * Looks once whether a process is ready.
 *
 * @param milliseconds how long one look may take
 * @param signal ends the look at once
 * @returns why it is not; null when it is. A process that tells its manager itself is not to be asked: it counts as ready.
 */
export const look = async (probe: Probe, milliseconds: number, signal: AbortSignal, run: Run): Promise<Look> => {
  switch (probe.kind) {
    case 'port':
      return within(milliseconds, signal, (end) => lookAtPort(probe.host, probe.port, end));
    case 'path': {
      const isThere = await stat(probe.path).then(
        () => true,
        () => false,
      );
      return isThere ? null : `there is no ${probe.path}`;
    }
    case 'http':
      return within(milliseconds, signal, (end) => lookAtSite(probe.host, probe.port, probe.path, end));
    case 'command':
      return lookByCommand(probe.command, milliseconds, signal, run);
    case 'notify':
      return null;
    default:
      return unreachable(probe);
  }
};
