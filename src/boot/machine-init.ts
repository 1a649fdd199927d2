import type { MachineInit } from './boot-entry.js';
import { loadBackend, managerNames, parseManagerName } from '../backends/registry.js';
import type { Ports } from '../system/ports.js';

/** What may have been told to start something at boot: a process manager that can be an init, or cron. */
const cron = 'cron';

/** @returns null for what this program knows no more */
export const initCalled = async (name: string): Promise<MachineInit | null> => {
  if (name === cron) return (await import('./crontab.js')).crontab;
  if (!managerNames.includes(name)) return null;
  return (await (await loadBackend(parseManagerName(name))).init?.()) ?? null;
};

/** What starts the calling user's programs when this machine boots, with its name; null for nothing that is known. */
export const findMachineInit = async (
  ports: Pick<Ports, 'env' | 'run'>,
): Promise<{ readonly name: string; readonly init: MachineInit } | null> => {
  for (const name of [...managerNames, cron]) {
    const init = await initCalled(name);
    if (init !== null && (await init.isInCharge(ports))) return { name, init };
  }
  return null;
};
