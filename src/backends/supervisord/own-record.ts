import type { Ports } from '../../system/ports.js';
import { openProcessTable } from '../../system/processes.js';
import { processRecord, type ProcessRecord, type RecordedProcess } from '../shared/process-record.js';
import { type SupervisordServer } from './server.js';
import { pathsBelow, supervisordItself } from './own-configuration.js';

/** What is remembered of a profile's supervisord and its programs, for when it is killed. */
export interface OwnRecord extends Pick<SupervisordServer, 'remember' | 'noteStopped' | 'leftBehind'> {
  /** The programs that were stopped on purpose. */
  readonly stopped: () => Promise<ReadonlySet<string>>;
  /** Ends the processes of a supervisord that was killed. @throws ActivationError */
  readonly endWhatWasLeft: () => Promise<void>;
}

/**
 * @param isThere whether there is a directory of ours
 * @param serverPid what supervisord has written into its PID file; 0 for nothing
 * @param secondsFor how long a process of a program gets to end
 */
export const ownRecord = (
  paths: ReturnType<typeof pathsBelow>,
  isThere: () => boolean,
  serverPid: () => number,
  secondsFor: (program: string) => number,
  { run, log }: Pick<Ports, 'run' | 'log'>,
): OwnRecord => {
  const openRecord = async (): Promise<ProcessRecord> => processRecord(paths.record, await openProcessTable(run), log);

  const endWhatWasLeft = async (): Promise<void> => {
    const table = await openProcessTable(run);
    const { endOrphans, findOrphans } = await import('./orphans.js');
    await endOrphans(await findOrphans(paths, await openRecord(), table), secondsFor, run, log);
  };

  const remember: OwnRecord['remember'] = async (groups) => {
    const record = await openRecord();
    const server = serverPid();
    const others = record.read().filter(({ name }) => name !== supervisordItself && !groups.has(name));
    const seen = [...groups.values()].flatMap((processes) =>
      processes
        .filter(({ pid, statename }) => pid > 0 || statename === 'STOPPED')
        .map(({ group, pid, start }) => ({ name: group, pid, mark: String(start) })),
    );
    await record.write([...others, ...(server > 0 ? [{ name: supervisordItself, pid: server }] : []), ...seen]);
  };

  const noteStopped: OwnRecord['noteStopped'] = async (programs) => {
    if (programs.length === 0 || !isThere()) return;
    const record = await openRecord();
    const others = record.read().filter(({ name }) => !programs.includes(name));
    await record.write([...others, ...programs.map((name) => ({ name, pid: 0 }))]);
  };

  const stoppedIn = (recorded: readonly RecordedProcess[]): ReadonlySet<string> =>
    new Set(recorded.filter(({ pid }) => pid === 0).map(({ name }) => name));

  const leftBehind: OwnRecord['leftBehind'] = async () => {
    if (!isThere()) return null;
    const record = await openRecord();
    const recorded = record.read();
    const { findOrphans } = await import('./orphans.js');
    const orphans = await findOrphans(paths, record, await openProcessTable(run));
    if (orphans.length === 0 && !recorded.some(({ name }) => name === supervisordItself)) return null;
    const ran = new Set(recorded.filter(({ pid }) => pid > 0).map(({ name }) => name));
    return { orphans, ran };
  };

  return {
    remember,
    noteStopped,
    leftBehind,
    endWhatWasLeft,
    stopped: async () => stoppedIn((await openRecord()).read()),
  };
};
