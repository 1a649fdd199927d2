import { rmSync } from 'node:fs';
import { readdir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Ports } from '../../system/ports.js';
import { hasProfileDirectory, makeProfileDirectory } from '../shared/own-directory.js';
import type { SessionContext } from '../backend.js';
import type { SupervisordProfileData } from './activation-data.js';
import { explaining, explainTransportError, isHungUp, isShuttingDown, type SupervisordServer } from './server.js';
import { ownProcess } from './own-process.js';
import { ownRecord } from './own-record.js';
import { runningCheck } from './running-check.js';
import { startOwnServer } from './start-own-server.js';
import { checkPaths, pathsBelow } from './own-configuration.js';
import { supervisorClient } from './supervisor-client.js';
import { RpcTransportError, type RpcEndpoint } from './xml-rpc.js';

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
  ports: Ports & Pick<SessionContext, 'answerLimits'>,
): SupervisordServer => {
  const { run, log, answerLimits } = ports;
  const paths = pathsBelow(runtimeDir, profileName);
  checkPaths(paths);
  /** Before every look: whoever may write there could have us talk to another socket, or believe another log. */
  const isThere = (): boolean => hasProfileDirectory(paths.directory, contents);
  isThere();
  const endpoint: RpcEndpoint = { address: { kind: 'unix', path: paths.socket }, credentials: null };
  const client = supervisorClient(endpoint, answerLimits);

  const server = ownProcess(paths, run);
  const record = ownRecord(paths, isThere, server.recordedPid, secondsFor, { run, log });

  const isRunning = runningCheck(paths, client, isThere, server);

  const explainingClient = explaining(client, paths.socket);

  return {
    client: explainingClient,
    programDirectory: paths.programs,
    exclusive: true,
    isRunning,
    remember: record.remember,
    noteStopped: record.noteStopped,
    stopped: async () => (isThere() ? record.stopped() : new Set()),
    leftBehind: record.leftBehind,
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
      makeProfileDirectory(paths.directory, contents, 0o700);
      await record.endWhatWasLeft();
      await startOwnServer({ paths, runtimeDir, data, endpoint }, record, ports);
      log.debug({ socket: paths.socket, pid: await explainingClient.getPid() }, 'started supervisord');
      return true;
    },
    end: async () => {
      if (await isRunning()) {
        const pid = await client.getPid();
        await client.shutdown().catch((error: unknown) => {
          // It may be gone before it has answered.
          if (!isHungUp(error)) throw explainTransportError(error, paths.socket);
        });
        await server.waitUntilGone(pid);
      } else if (isThere()) {
        await record.endWhatWasLeft();
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
