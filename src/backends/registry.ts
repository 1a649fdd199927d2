import type { ManagerName } from '../model/process-model.js';
import { UsageError } from '../system/errors.js';
import type { Backend } from './backend.js';

/** One line per process manager; everything that lists managers derives from here. */
const registry = {
  sysvinit: async () => (await import('./sysvinit/index.js')).sysvinit,
  supervisord: async () => (await import('./supervisord/index.js')).supervisord,
  systemd: async () => (await import('./systemd/index.js')).systemd,
  's6-rc': async () => (await import('./s6-rc/index.js')).s6rc,
  bsdrc: async () => (await import('./bsdrc/index.js')).bsdrc,
  disnix: async () => (await import('./disnix/index.js')).disnix,
  docker: async () => (await import('./docker/index.js')).docker,
  launchd: async () => (await import('./launchd/index.js')).launchd,
  cygrunsrv: async () => (await import('./cygrunsrv/index.js')).cygrunsrv,
  synit: async () => (await import('./synit/index.js')).synit,
} satisfies Record<string, () => Promise<Backend>>;

export const managerNames: readonly string[] = Object.keys(registry);

/** @throws UsageError naming the managers that there are. */
export const parseManagerName = (name: string): ManagerName => {
  if (!Object.hasOwn(registry, name)) {
    throw new UsageError({
      what: `There is no process manager "${name}"`,
      fix: `Choose one of: ${managerNames.join(', ')}`,
    });
  }
  return name as ManagerName;
};

export const loadBackend = (name: ManagerName): Promise<Backend> =>
  registry[name as unknown as keyof typeof registry]();
