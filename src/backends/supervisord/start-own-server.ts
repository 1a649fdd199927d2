import { mkdir, rm, writeFile } from 'node:fs/promises';
import { ManagerUnavailableError } from '../../system/errors.js';
import type { Ports } from '../../system/ports.js';
import type { SessionContext } from '../backend.js';
import { supervisorArguments, supervisorScript } from '../shared/supervisor-start.js';
import type { SupervisordProfileData } from './activation-data.js';
import type { OwnRecord } from './own-record.js';
import { lastLines } from './own-process.js';
import { configurationText, pathsBelow } from './own-configuration.js';
import { answersOf } from './supervisor-client.js';
import { type RpcEndpoint } from './xml-rpc.js';

/**
 * How many files supervisord may have open: four for each program. A program that is not ours inherits the limit, so that
 * it is not simply the highest (programs exist that try to close them all).
 */
const openFiles = 8192;

/** What a supervisord of our own is started with. */
export interface OwnStart {
  readonly paths: ReturnType<typeof pathsBelow>;
  readonly runtimeDir: string;
  /** null when the profile does not say which supervisord to start: then it is the one on PATH. */
  readonly data: SupervisordProfileData | null;
  readonly endpoint: RpcEndpoint;
}

/**
 * Starts it, without any program. Its directory is there, and nothing of an earlier one runs.
 *
 * @param record what is remembered of the earlier one, and of this one from now on
 * @throws ManagerUnavailableError with supervisord's own words
 */
export const startOwnServer = async (
  { paths, runtimeDir, data, endpoint }: OwnStart,
  record: OwnRecord,
  { run, answerLimits }: Pick<Ports, 'run'> & Pick<SessionContext, 'answerLimits'>,
): Promise<void> => {
  const stopped = await record.stopped();
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
  await record.noteStopped([...stopped]);
  await record.remember(new Map());
};
