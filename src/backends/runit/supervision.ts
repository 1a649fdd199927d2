import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ActivationError, ManagerUnavailableError } from '../../system/errors.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import { openProcessTable } from '../../system/processes.js';
import type { DeployedUnit } from '../backend.js';
import { endOrphans } from '../shared/end-orphans.js';
import { makeProfileDirectory } from '../shared/own-directory.js';
import { until } from '../shared/until.js';
import { look, recordedProcess, statusesOf, supervisedAmong } from './look.js';
import { contents, pause, type Parts } from './parts.js';
import { endRunsvdir, findRunsvdir, startRunsvdir, wakeRunsvdir } from './runsvdir.js';

/** Ends processes of services that nobody supervises. @throws ActivationError when one does not end */
const endUnsupervised = async (parts: Parts, names: readonly string[]): Promise<void> => {
  const found = await mapConcurrently(names, 16, async (name) => {
    const process = await recordedProcess(parts, name);
    return process === null ? [] : [{ ...process, name, milliseconds: parts.secondsFor(name) * 1000 }];
  });
  await endOrphans(found.flat(), parts.ports.run);
};

/** Has the processes of services end: asked to, and killed when their time is over. */
const awaitDown = async (parts: Parts, names: readonly string[], command: 'down' | 'exit'): Promise<void> => {
  const { programs, place, ports, signal, secondsFor } = parts;
  const table = await openProcessTable(ports.run);
  const before = await statusesOf(parts, names);
  await mapConcurrently(names, 16, async (name) => {
    const directory = join(place.services, name);
    await programs.sv([command, directory]);
    const pid = before.get(name)?.pid ?? null;
    const isDown = async (): Promise<boolean> => {
      // A look at the process costs nothing, one by sv a process.
      if (pid !== null && (await table.find(pid)) !== null) return false;
      const status = (await statusesOf(parts, [name])).get(name);
      return status === undefined || status.state === 'down' || status.state === 'unsupervised';
    };
    if (await until({ limit: secondsFor(name) * 1000, pause, signal }, isDown)) return;
    await programs.sv(['kill', directory]);
    await until({ limit: 5000, pause, signal }, isDown);
  });
};

/** Stops services, which stay supervised. */
export const stopServices = (parts: Parts, names: readonly string[]): Promise<void> => awaitDown(parts, names, 'down');

/** Ends every runsv of services, which nobody starts again, with what it supervises. @throws ActivationError */
const endSupervisors = async (parts: Parts, names: readonly string[]): Promise<void> => {
  const { place, signal } = parts;
  const supervised = await supervisedAmong(parts, names);
  await awaitDown(parts, supervised, 'exit');
  const isOver = async (): Promise<boolean> => (await supervisedAmong(parts, supervised)).length === 0;
  if (!(await until({ limit: 10_000, pause, signal }, isOver))) {
    throw new ActivationError({
      what: `runsv does not end for: ${(await supervisedAmong(parts, supervised)).join(', ')}`,
      why: 'It was asked to, its process was killed, and ten seconds have passed',
      fix: `Look at ${place.log}, and at: sv status ${place.services}/*`,
    });
  }
  await endUnsupervised(parts, names);
};

/** Ends services with their runsv, and removes their directories. @throws ActivationError when one does not end */
export const releaseServices = async (parts: Parts, names: readonly string[]): Promise<void> => {
  if (names.length === 0) return;
  const { live } = parts;
  for (const name of names) await live.hide(name);
  await endSupervisors(parts, names);
  for (const name of names) await live.remove(name);
  await wakeRunsvdir(parts);
};

/**
 * Has services supervised by a runsvdir; new ones are down.
 *
 * @throws ManagerUnavailableError when they are not; ActivationError when what a killed runsvdir has left does not end
 */
export const provideServices = async (
  parts: Parts,
  units: readonly DeployedUnit[],
  runtimeDir: string,
): Promise<void> => {
  const { live, place, signal } = parts;
  makeProfileDirectory(place.directory, contents, 0o755);
  if ((await look(parts)).isLost) {
    parts.ports.log.warn('ending what a runsvdir has left behind that was killed');
    await endSupervisors(parts, await live.names());
  }
  const there = new Set(await live.names());
  const added = units.filter(({ name }) => !there.has(name));
  for (const unit of added) await live.make(unit);
  if ((await findRunsvdir(parts)) === null) await startRunsvdir(parts, runtimeDir);
  else if (added.length > 0) await wakeRunsvdir(parts);
  const names = units.map(({ name }) => name);
  const missing = async (): Promise<readonly string[]> => {
    const supervised = new Set(await supervisedAmong(parts, names));
    return names.filter((name) => !supervised.has(name));
  };
  if (await until({ limit: 15_000, pause, signal }, async () => (await missing()).length === 0)) return;
  throw new ManagerUnavailableError({
    what: `runsvdir has started no runsv for: ${(await missing()).join(', ')}`,
    why: `It looks at ${place.scan} at least every five seconds, and 15 have passed`,
    fix: `Look at ${place.log}`,
  });
};

/** Ends the runsvdir of a profile with everything below it, and removes its files. @throws ActivationError */
export const endAll = async (parts: Parts): Promise<void> => {
  const { place, live, isThere } = parts;
  if (!isThere()) return;
  await endRunsvdir(parts);
  await endSupervisors(parts, await live.names());
  for (const path of [place.scan, place.services, place.log]) await rm(path, { recursive: true, force: true });
  // Another manager that the profile moves to may have its files among ours, and another profile beside them.
  for (const path of [place.directory, dirname(place.directory)]) await rmdir(path).catch(() => undefined);
};
