import { readFileSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ActivationError, ManagerUnavailableError } from '../../system/errors.js';
import type { Ports } from '../../system/ports.js';
import { openProcessTable } from '../../system/processes.js';
import { hasProfileDirectory, makeProfileDirectory } from '../shared/own-directory.js';
import { processRecord, type ProcessRecord, type RecordedProcess } from '../shared/process-record.js';
import type { SessionContext } from '../backend.js';
import { supervisorArguments, supervisorScript } from '../shared/supervisor-start.js';
import type { SupervisordProfileData } from './activation-data.js';
import {
  explaining,
  explainTransportError,
  isHungUp,
  isNotListening,
  isShuttingDown,
  type SupervisordServer,
} from './server.js';
import { checkPaths, configurationText, pathsBelow, supervisordItself } from './own-configuration.js';
import { answersOf, supervisorClient } from './supervisor-client.js';
import { RpcTransportError, type RpcEndpoint } from './xml-rpc.js';

/**
 * How many files supervisord may have open: four for each program. A program that is not ours inherits the limit, so that
 * it is not simply the highest (programs exist that try to close them all).
 */
const openFiles = 8192;

const lastLines = async (path: string): Promise<string> =>
  (await readFile(path, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-5).join('\n');

const contents = 'the configuration of supervisord';

/**
 * A supervisord of our own for one profile. It listens on a UNIX socket that only its user may use, and its files are
 * all in one directory below the runtime directory.
 *
 * @param data null when the profile does not say which supervisord to start: then it is the one on PATH
 * @param secondsFor how long a process of a program gets to end when supervisord cannot end it any more
 * @throws ManagerUnavailableError when its socket would not work there, or the directory is not ours alone
 */
export const ownServer = (
  runtimeDir: string,
  profileName: string,
  data: SupervisordProfileData | null,
  secondsFor: (program: string) => number,
  { run, log, answerLimits }: Ports & Pick<SessionContext, 'answerLimits'>,
): SupervisordServer => {
  const paths = pathsBelow(runtimeDir, profileName);
  checkPaths(paths);
  /** Before every look: whoever may write there could have us talk to another socket, or believe another log. */
  const isThere = (): boolean => hasProfileDirectory(paths.directory, contents);
  isThere();
  const endpoint: RpcEndpoint = { address: { kind: 'unix', path: paths.socket }, credentials: null };
  const client = supervisorClient(endpoint, answerLimits);

  const isAlive = async (pid: number): Promise<boolean> => (await (await openProcessTable(run)).find(pid)) !== null;

  /** What supervisord has written into its PID file; 0 for nothing. */
  const recordedPid = (): number => {
    try {
      const pid = Number(readFileSync(paths.pidFile, 'utf8').trim());
      return Number.isInteger(pid) && pid > 0 ? pid : 0;
    } catch {
      return 0;
    }
  };

  /** The supervisord that our PID file names, if it lives and is that of this configuration. */
  const livingPid = async (): Promise<number | null> => {
    const pid = recordedPid();
    if (pid === 0 || !(await isAlive(pid))) return null;
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
    return commandLine === null || commandLine.split('\0').includes(paths.configuration) ? pid : null;
  };

  const isGoneWithin = async (pid: number, seconds: number): Promise<boolean> => {
    const deadline = Date.now() + seconds * 1000;
    while (await isAlive(pid)) {
      if (Date.now() > deadline) return false;
      // Little more than what it takes to look.
      await sleep(5);
    }
    return true;
  };

  const waitUntilGone = async (pid: number): Promise<void> => {
    if (await isGoneWithin(pid, 60)) return;
    throw new ActivationError({
      what: `supervisord (process ${pid}) did not end within a minute`,
      why: await lastLines(paths.log),
      fix: `Look at ${paths.log}, and end it with: kill ${pid}`,
    });
  };

  const isRunning = async (askAgain = true): Promise<boolean> => {
    if (!isThere()) return false;
    try {
      await client.getPid();
      return true;
    } catch (error) {
      const pid = await livingPid();
      if (isShuttingDown(error)) {
        if (pid !== null) await waitUntilGone(pid);
        return false;
      }
      if (isHungUp(error) && askAgain) {
        if (pid !== null) await isGoneWithin(pid, 2);
        return isRunning(false);
      }
      if (!isNotListening(error)) throw explainTransportError(error, paths.socket);
      if (pid === null || (await isGoneWithin(pid, 2))) return false;
      throw new ManagerUnavailableError({
        what: `supervisord (process ${pid}) runs, but cannot be reached`,
        why: `Its socket ${paths.socket} is gone; something else must have removed it`,
        fix: `End it (its programs end with it), and run the command again: kill ${pid}`,
      });
    }
  };

  const openRecord = async (): Promise<ProcessRecord> => processRecord(paths.record, await openProcessTable(run), log);

  const endWhatWasLeft = async (): Promise<void> => {
    const table = await openProcessTable(run);
    const { endOrphans, findOrphans } = await import('./orphans.js');
    await endOrphans(await findOrphans(paths, await openRecord(), table), secondsFor, run, log);
  };

  const remember: SupervisordServer['remember'] = async (groups) => {
    const record = await openRecord();
    const server = recordedPid();
    const others = record.read().filter(({ name }) => name !== supervisordItself && !groups.has(name));
    const seen = [...groups.values()].flatMap((processes) =>
      processes
        .filter(({ pid, statename }) => pid > 0 || statename === 'STOPPED')
        .map(({ group, pid, start }) => ({ name: group, pid, mark: String(start) })),
    );
    await record.write([...others, ...(server > 0 ? [{ name: supervisordItself, pid: server }] : []), ...seen]);
  };

  const noteStopped: SupervisordServer['noteStopped'] = async (programs) => {
    if (programs.length === 0 || !isThere()) return;
    const record = await openRecord();
    const others = record.read().filter(({ name }) => !programs.includes(name));
    await record.write([...others, ...programs.map((name) => ({ name, pid: 0 }))]);
  };

  const stoppedIn = (recorded: readonly RecordedProcess[]): ReadonlySet<string> =>
    new Set(recorded.filter(({ pid }) => pid === 0).map(({ name }) => name));

  const leftBehind: SupervisordServer['leftBehind'] = async () => {
    if (!isThere()) return null;
    const record = await openRecord();
    const recorded = record.read();
    const { findOrphans } = await import('./orphans.js');
    const orphans = await findOrphans(paths, record, await openProcessTable(run));
    if (orphans.length === 0 && !recorded.some(({ name }) => name === supervisordItself)) return null;
    const ran = new Set(recorded.filter(({ pid }) => pid > 0).map(({ name }) => name));
    return { orphans, ran };
  };

  const startServer = async (): Promise<void> => {
    makeProfileDirectory(paths.directory, contents, 0o700);
    await endWhatWasLeft();
    const stopped = stoppedIn((await openRecord()).read());
    // A supervisord that was killed leaves these behind too, and links to programs that must not start all at once.
    await Promise.all([paths.socket, paths.pidFile, paths.record].map((path) => rm(path, { force: true })));
    await rm(paths.programs, { recursive: true, force: true });
    await mkdir(paths.programs, { mode: 0o700 });
    await writeFile(paths.configuration, configurationText(paths));
    // It goes to the background as soon as it listens.
    const { exitCode, stderr } = await answersOf(endpoint, answerLimits).bounded('its start', 0, (signal) =>
      run({
        file: data?.shell ?? '/bin/sh',
        args: [
          ...['-c', supervisorScript(), 'sh'],
          ...supervisorArguments({ openFiles, runtimeDir }, [
            data === null ? 'supervisord' : `${data.supervisor}/bin/supervisord`,
            ...['-c', paths.configuration],
          ]),
        ],
        cwd: '/',
        leavesDaemon: true,
        signal,
      }),
    );
    if (exitCode !== 0) {
      throw new ManagerUnavailableError({
        what: `supervisord did not start (exit code ${exitCode})`,
        why: stderr.trim() === '' ? await lastLines(paths.log) : stderr.trim(),
        fix: `Look at ${paths.log}`,
      });
    }
    await noteStopped([...stopped]);
    await remember(new Map());
    log.debug({ socket: paths.socket, pid: await explainingClient.getPid() }, 'started supervisord');
  };

  const explainingClient = explaining(client, paths.socket);

  return {
    client: explainingClient,
    programDirectory: paths.programs,
    exclusive: true,
    isRunning: () => isRunning(),
    remember,
    noteStopped,
    stopped: async () => (isThere() ? stoppedIn((await openRecord()).read()) : new Set()),
    leftBehind,
    ask: async (question) => {
      if (!isThere()) return null;
      try {
        return await question(client);
      } catch (error) {
        if (!(error instanceof RpcTransportError || isShuttingDown(error))) throw error;
        return (await isRunning()) ? question(explainingClient) : null;
      }
    },
    ensureRunning: async () => {
      if (await isRunning()) return false;
      await startServer();
      return true;
    },
    end: async () => {
      if (await isRunning()) {
        const pid = await client.getPid();
        await client.shutdown().catch((error: unknown) => {
          // It may be gone before it has answered.
          if (!isHungUp(error)) throw explainTransportError(error, paths.socket);
        });
        await waitUntilGone(pid);
      } else if (isThere()) {
        await endWhatWasLeft();
      } else {
        return;
      }
      // Its own files, their temporary neighbours, and the logs that it names itself ("web-stdout---supervisor-x1y2.log").
      const names = await readdir(paths.directory).catch(() => []);
      const own = names.filter((name) => /^(?:supervisord\.|conf\.d$)|---/.test(name));
      // Hundreds of links, each of which another thread would take longer for.
      for (const name of own) rmSync(join(paths.directory, name), { recursive: true, force: true });
      // Another manager that the profile moves to may have its files among ours, and another profile beside them.
      for (const path of [paths.directory, dirname(paths.directory)]) await rmdir(path).catch(() => undefined);
    },
  };
};
