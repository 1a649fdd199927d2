import type { ManagerName } from '../model/process-model.js';
import { UsageError } from '../system/errors.js';
import type { Backend } from './backend.js';
import { facts as bsdrc } from './bsdrc/facts.js';
import { facts as disnix } from './disnix/facts.js';
import type { ManagerFacts } from './manager-facts.js';
import { facts as openrc } from './openrc/facts.js';
import { facts as runit } from './runit/facts.js';
import { facts as s6rc } from './s6-rc/facts.js';
import { facts as supervisord } from './supervisord/facts.js';
import { facts as synit } from './synit/facts.js';
import { facts as systemd } from './systemd/facts.js';
import { facts as sysvinit } from './sysvinit/facts.js';

/** What there is of a manager: `load` brings the rest when it is needed. */
interface Entry extends ManagerFacts {
  readonly load: () => Promise<Backend>;
}

/** One line per process manager; everything that lists managers derives from here. */
const registry: Readonly<Record<string, Entry>> = {
  sysvinit: { ...sysvinit, load: async () => (await import('./sysvinit/index.js')).sysvinit },
  supervisord: { ...supervisord, load: async () => (await import('./supervisord/index.js')).supervisord },
  systemd: { ...systemd, load: async () => (await import('./systemd/index.js')).systemd },
  's6-rc': { ...s6rc, load: async () => (await import('./s6-rc/index.js')).s6rc },
  bsdrc: { ...bsdrc, load: async () => (await import('./bsdrc/index.js')).bsdrc },
  disnix: { ...disnix, load: async () => (await import('./disnix/index.js')).disnix },
  docker: { load: async () => (await import('./docker/index.js')).docker },
  launchd: { load: async () => (await import('./launchd/index.js')).launchd },
  cygrunsrv: { load: async () => (await import('./cygrunsrv/index.js')).cygrunsrv },
  runit: { ...runit, load: async () => (await import('./runit/index.js')).runit },
  synit: { ...synit, load: async () => (await import('./synit/index.js')).synit },
  openrc: { ...openrc, load: async () => (await import('./openrc/index.js')).openrc },
};

export const managerNames: readonly string[] = Object.keys(registry);

const entryOf = (name: string): Entry => {
  const entry = Object.hasOwn(registry, name) ? registry[name] : undefined;
  if (entry !== undefined) return entry;
  throw new UsageError({
    what: `There is no process manager "${name}"`,
    fix: `Choose one of: ${managerNames.join(', ')}`,
  });
};

/** @throws UsageError naming the managers that there are. */
export const parseManagerName = (name: string): ManagerName => {
  entryOf(name);
  return name as ManagerName;
};

export const loadBackend = (name: ManagerName): Promise<Backend> => entryOf(name).load();

/** @throws UsageError naming the managers that there are. */
export const factsOf = (name: string): ManagerFacts => entryOf(name);

/** The managers of which something is true, in the order of the registry. */
export const managersWith = (isWanted: (facts: ManagerFacts) => boolean): readonly string[] =>
  managerNames.filter((name) => isWanted(entryOf(name)));
