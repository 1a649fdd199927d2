import type { InstanceName } from '../../model/process-model.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import { openProcessTable } from '../../system/processes.js';
import type { DeployedUnit, Observation, ObservationDepth } from '../backend.js';
import { observeService } from '../shared/observe-service.js';
import { activationOf, type Activation, type AtomicService } from './activation-data.js';
import { runActivity } from './activity.js';
import { noServices, ownLongruns, type Services } from './live-state.js';
import { absent, combine, observeLongrun, observeOneshot } from './observation.js';
import { serviceStatuses, type ServiceStatus } from './service-status.js';
import { atomicServices, isLongrun, resolveNames } from './services-of-units.js';
import type { ByService, Scene } from './session-parts.js';
import type { Orphan } from './longrun-processes.js';

/** A unit of which a process runs that nobody supervises; null for others. */
const leftAlone = (unit: DeployedUnit, orphans: readonly Orphan[]): Observation | null => {
  const names = new Set(activationOf(unit).services.map(({ name }) => name));
  const orphan = orphans.find(({ service }) => names.has(service));
  if (orphan === undefined) return null;
  const detail = `process ${orphan.pid} still runs, but its s6-supervise was killed`;
  return { state: 'failed', pid: orphan.pid, since: orphan.since, detail };
};

/**
 * What s6-supervise says of the longruns of units that are in the live database.
 *
 * @param others names of longruns that are asked for as well
 */
export const statusesOf = async (
  { tree: { live, programs } }: Scene,
  units: readonly DeployedUnit[],
  { up, down }: Services,
  others: readonly string[] = [],
): Promise<ByService<ServiceStatus>> => {
  const known = atomicServices(units).filter(
    (service) => isLongrun(service) && (up.has(service.name) || down.has(service.name)),
  );
  const names = [...known.map(({ name }) => name), ...others];
  return serviceStatuses(new Map(names.map((name) => [name, live.serviceDirectory(name)])), programs);
};

/** Several services of a profile as one. */
const observeBundle = ({ profile }: Scene, { contents }: Activation, { up, down }: Services): Observation =>
  combine(
    resolveNames(profile, contents).map((name) => {
      if (!up.has(name) && !down.has(name)) return absent;
      return { state: up.has(name) ? 'running' : 'stopped', pid: null, since: null, detail: null };
    }),
  );

/** A oneshot and the daemon that it has started, if it starts one. */
export const observeDaemon = async (
  scene: Scene,
  unit: DeployedUnit,
  main: AtomicService,
  services: Services,
): Promise<Observation> => {
  const { daemon, activities } = activationOf(unit);
  const observation = observeOneshot(main, services);
  if (observation.state !== 'running' || daemon === null) return observation;
  const processes = await openProcessTable(scene.ports.run);
  const askScript = async (): Promise<{ exitCode: number; words: string }> => {
    if (!activities.status) return { exitCode: 0, words: '' };
    const { exitCode, stdout } = await runActivity(scene, unit, main.name, 'status');
    return { exitCode, words: stdout.trim() };
  };
  const found = await observeService({ ...daemon, wrapped: false }, processes, askScript);
  if (found.state === 'running') return found;
  return { ...found, state: 'failed', detail: found.detail ?? 'the daemon does not run' };
};

/** What a unit does, but for when a longrun began. */
export const observeUnit = async (
  scene: Scene,
  unit: DeployedUnit,
  services: Services,
  statuses: ByService<ServiceStatus>,
): Promise<Observation> => {
  const activation = activationOf(unit);
  const [main, logger] = activation.services;
  if (main === undefined) return observeBundle(scene, activation, services);
  if (main.kind === 'oneshot') return observeDaemon(scene, unit, main, services);
  const observation = observeLongrun(main, services, statuses.get(main.name));
  if (observation.state !== 'running' || logger === undefined) return observation;
  const { state, detail } = observeLongrun(logger, services, statuses.get(logger.name));
  return state === 'failed' ? { ...observation, detail: `its logger does not run: ${detail ?? state}` } : observation;
};

/**
 * What units do. Writes down which processes their longruns have.
 *
 * @param isElsewhere they are to be started in another place, where nothing of them is
 */
export const observeUnits = async (
  scene: Scene,
  units: readonly DeployedUnit[],
  services: Services,
  { depth, isElsewhere }: { readonly depth: ObservationDepth; readonly isElsewhere: boolean },
): Promise<ReadonlyMap<InstanceName, Observation>> => {
  const { tree, ports } = scene;
  const statuses = await statusesOf(scene, units, services, services === noServices ? [] : ownLongruns);
  await tree.remember(statuses);
  const orphans = await tree.orphans(statuses);
  const processes = await openProcessTable(ports.run);
  const observed = await mapConcurrently(units, ports.jobs, async (unit) => {
    const observation = leftAlone(unit, orphans) ?? (await observeUnit(scene, unit, services, statuses));
    const since =
      depth === 'state' || observation.pid === null ? null : ((await processes.find(observation.pid))?.since ?? null);
    const { pid } = observation;
    // What runs elsewhere is to be started here, and holds its port until then.
    if (isElsewhere) return [unit.instance, { ...absent, pid, since }] as const;
    return [unit.instance, { ...observation, since: observation.since ?? since }] as const;
  });
  return new Map(observed);
};
