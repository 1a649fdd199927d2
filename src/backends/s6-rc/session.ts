import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceName } from '../../model/process-model.js';
import { ManagerUnavailableError } from '../../system/errors.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type {
  AfterStop,
  Collision,
  DeployedProfile,
  DeployedUnit,
  Drift,
  LogSource,
  ManagerSession,
  Observation,
  ObservationDepth,
  UnitChange,
  UnitOutcome,
} from '../backend.js';
import { runningAmong } from '../shared/extra-units.js';
import { linesSince, markLogs, type LogMark } from '../shared/log-tail.js';
import { removeRecords } from '../shared/remove-records.js';
import { activationOf } from './activation-data.js';
import { removeForeignDatabase } from './adopted-live.js';
import { takenLogs, takenNames } from './collisions.js';
import { pruneDatabases } from './databases.js';
import { changedOnDisk, restoreScripts } from './edited-scripts.js';
import { changeProblem, updateError, wordsOf } from './exit-codes.js';
import { awaitEnds, foreignDaemons } from './foreign-daemons.js';
import { noServices, type Services } from './live-state.js';
import { makeLive, upgradeFormat } from './make-live.js';
import { observeUnits } from './observe-units.js';
import { placeOf } from './place.js';
import { reloadUnit, restartUnit } from './restart-units.js';
import { atomicServices, isBundle, logFiles, recordsOf, serviceNames, withDependents } from './services-of-units.js';
import type { ByService, Scene, SessionPorts } from './session-parts.js';
import { settle, wakeUp } from './start-units.js';
import { treeOf, type Tree } from './tree.js';

/**
 * Drives the s6-rc of one profile. s6-rc knows the dependencies, so it gets all units at once. What it does not do by
 * itself is done here: it keeps longruns running by their old definitions when they have changed, takes dependents down
 * with a oneshot that is restarted, and takes a process for started that dies a moment later.
 */
export class S6RcSession implements ManagerSession {
  readonly ordersItself = true;
  readonly awaitsReadiness = (unit: DeployedUnit): boolean => activationOf(unit).awaitsReadiness;
  /** s6 supervises; this waits for the signal and looks whether s6-svscan is still there. */
  readonly supervise = (_: DeployedProfile, signal: AbortSignal): Promise<void> => this.#watch(signal);

  readonly #ports: SessionPorts;
  readonly #current: DeployedProfile | null;
  #tree: Tree;
  /** What is deployed, or about to be. */
  #profile: DeployedProfile;
  readonly #target: DeployedProfile | null;
  /** The deployment goes to another place, where nothing runs yet. */
  #moves: boolean;
  /** Services that are up when the session begins; null as long as nothing was changed. */
  #upBefore: ReadonlySet<string> | null = null;
  /** Processes that somebody asked to stop, by their names. */
  readonly #stopped = new Set<string>();
  /** Scripts of live services that somebody has edited, with the ones that they were copied from. */
  readonly #edited = new Map<string, string>();
  /** Units of other generations that ran. */
  readonly #extraUnits: DeployedUnit[] = [];
  /** Whether s6-svscan was missing at the last look. */
  #isLost = false;
  /** A database of nix-processmgmt that was live; null for none. */
  #foreignDatabase: string | null = null;
  /** PIDs of longruns before s6-rc-update, which restarts some by itself; null when there was none. */
  #pidsBefore: ByService<number | null> | null = null;

  constructor(current: DeployedProfile | null, target: DeployedProfile | null, ports: SessionPorts) {
    const profile = current ?? target;
    if (profile === null) throw new Error('a session needs a profile');
    this.#ports = ports;
    this.#current = current;
    this.#profile = profile;
    this.#target = target;
    this.#tree = treeOf(profile, ports);
    this.#moves = target !== null && this.#placeOf(target).directory !== this.#tree.place.directory;
  }

  /** @throws ManagerUnavailableError when s6-rc is not installed */
  async checkPrograms(): Promise<void> {
    await this.#tree.programs.run('s6-rc', ['help']);
  }

  /** Whether s6-svscan runs, with an s6-rc of this profile. */
  isAlive(): Promise<boolean> {
    return this.#tree.isAlive();
  }

  async observe(
    units: readonly DeployedUnit[],
    depth: ObservationDepth = 'process',
  ): Promise<ReadonlyMap<InstanceName, Observation>> {
    return observeUnits(this.#scene, units, await this.#services(), { depth, isElsewhere: this.#moves });
  }

  readonly loss = (): string | null =>
    this.#isLost
      ? 's6-svscan has ended: nothing starts an s6-supervise again that ends; bringing it back restarts the services'
      : null;

  async collisions(units: readonly DeployedUnit[]): Promise<readonly Collision[]> {
    const next = this.#target === null ? this.#tree : treeOf(this.#target, this.#ports);
    return [...(await takenNames(next, units)), ...(await takenLogs(this.#tree, units))];
  }

  async stop(units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]> {
    const { up } = await this.#begin();
    const staying = this.#contentsThatStay(units);
    const namesOf = (unit: DeployedUnit): readonly string[] =>
      serviceNames(this.#profile, [unit]).filter((name) => up.has(name) && !(isBundle(unit) && staying.has(name)));
    const names = [...new Set(units.flatMap(namesOf))];
    for (const { name } of units) this.#stopped.add(name);
    if (names.length === 0) return units.map(({ instance }) => ({ instance, ok: true, detail: null }));
    const daemons = await foreignDaemons(units, this.#ports);
    // Whoever asks for it means it: without that, s6-rc refuses to stop what is flagged as essential.
    const essential = this.#profile.units.some((unit) => activationOf(unit).flagEssential);
    const result = await this.#tree.live.change('down', names, essential);
    const { up: left } = await this.#services();
    const surviving = await awaitEnds(daemons, this.#ports);
    return units.map((unit) => {
      const stuck = namesOf(unit).filter((name) => left.has(name));
      if (stuck.length === 0) {
        const detail = surviving.get(unit.name) ?? null;
        return { instance: unit.instance, ok: detail === null, detail };
      }
      const detail = [changeProblem(result.exitCode), wordsOf(result)].filter((text) => text !== '').join('\n');
      return { instance: unit.instance, ok: false, detail };
    });
  }

  /** Services that the next generation has, though not in the bundles of which one is stopped since it has gone. */
  #contentsThatStay(units: readonly DeployedUnit[]): ReadonlySet<string> {
    const next = this.#target?.units ?? [];
    const isGone = units.some((unit) => isBundle(unit) && !next.some(({ name }) => name === unit.name));
    return new Set(isGone ? atomicServices(next).map(({ name }) => name) : []);
  }

  async install(next: DeployedProfile | null): Promise<void> {
    await this.#begin();
    if (next === null) return;
    if (!this.#moves && this.#profile.isForeign === true) {
      this.#foreignDatabase = await this.#tree.live.database();
      await this.#tree.adopt();
    }
    const tree = treeOf(next, this.#ports);
    if (tree.place.directory !== this.#tree.place.directory) {
      await this.#tree.end();
      this.#upBefore = new Set();
      this.#pidsBefore = null;
    }
    const before = this.#profile;
    this.#tree = tree;
    this.#profile = next;
    this.#moves = false;
    await this.#makeLive(before);
    await restoreScripts(this.#edited);
    this.#edited.clear();
    await this.#bringBack();
  }

  /** @param before the profile that was live */
  #makeLive(before: DeployedProfile): Promise<void> {
    return makeLive(this.#tree, this.#profile, before, (pids) => {
      this.#pidsBefore = pids;
    });
  }

  /** s6-rc stops what depends on a service together with it: what can do without what was stopped is started again. */
  async #bringBack(): Promise<void> {
    const { up } = await this.#services();
    const before = this.#upBefore ?? new Set();
    const stopped = withDependents(this.#profile.units, this.#stopped);
    const staying = this.#profile.units.filter(({ instance }) => !stopped.has(instance));
    const gone = serviceNames(this.#profile, staying).filter((name) => before.has(name) && !up.has(name));
    if (gone.length === 0) return;
    const result = await this.#tree.live.change('up', gone, false);
    if (result.exitCode !== 0) throw updateError('switched-with-failures', result.exitCode, wordsOf(result));
  }

  async start(units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]> {
    await this.#begin();
    await this.#makeLive(this.#profile);
    const names = serviceNames(this.#profile, units);
    for (const { name } of units) this.#stopped.delete(name);
    const marks: ByService<LogMark> = new Map(
      await Promise.all(units.map(async (unit) => [unit.name, await markLogs(this.#logFiles(unit))] as const)),
    );
    const result = await this.#tree.live.change('up', names, false);
    await wakeUp(this.#scene, units, await this.#services());
    const failures = await settle(this.#scene, units, result, await this.#services());
    return Promise.all(
      units.map(async ({ instance, name }) => {
        const failure = failures.get(name);
        if (failure === undefined) return { instance, ok: true, detail: null };
        const mark = marks.get(name);
        const lines = mark === undefined ? [] : await linesSince(mark, 10);
        return { instance, ok: false, detail: [failure, ...lines].join('\n') };
      }),
    );
  }

  async restart(changes: readonly UnitChange[], afterStop?: AfterStop): Promise<readonly UnitOutcome[]> {
    const services = await this.#begin();
    const failures = new Map<string, string>();
    const restarting = { services, pidsBefore: this.#pidsBefore, ...(afterStop === undefined ? {} : { afterStop }) };
    await mapConcurrently(changes, this.#ports.jobs, async (change) => {
      const problem = await restartUnit(this.#scene, change, restarting);
      if (problem !== null) failures.set(change.after.name, problem);
    });
    const started = await this.start(changes.map(({ after }) => after));
    return started.map((outcome, index) => {
      const failure = failures.get(changes[index]?.after.name ?? '');
      return failure === undefined ? outcome : { ...outcome, ok: false, detail: failure };
    });
  }

  async reload(units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]> {
    const { up } = await this.#services();
    return mapConcurrently(units, this.#ports.jobs, async (unit) => {
      const { instance } = unit;
      const problem = await reloadUnit(this.#scene, unit, up);
      return { instance, ok: problem === null, detail: problem };
    });
  }

  async drift(profile: DeployedProfile, others: readonly DeployedUnit[]): Promise<Drift> {
    if (this.#moves || !(await this.#tree.isAlive())) return { changed: [], extras: [] };
    const { changed, edited } = await changedOnDisk(this.#tree, profile, this.#ports);
    for (const [copy, source] of edited) this.#edited.set(copy, source);
    return { changed, extras: await this.#extras(others) };
  }

  /** A bundle is nothing that runs: its contents may well be wanted. */
  async #extras(others: readonly DeployedUnit[]): Promise<Drift['extras']> {
    const candidates = others.filter((unit) => !isBundle(unit));
    const found = runningAmong(candidates, await this.observe(candidates, 'state'));
    this.#extraUnits.push(...found.map(({ unit }) => unit));
    return found;
  }

  async finish(next: DeployedProfile | null): Promise<void> {
    const kept = new Set(recordsOf(next?.units ?? []));
    const known = [...(this.#current?.units ?? []), ...(this.#target?.units ?? []), ...this.#extraUnits];
    await removeRecords(recordsOf(known).filter((file) => !kept.has(file)));
    if (next === null || next.units.length === 0) {
      await this.#tree.end();
      return;
    }
    const { live } = this.#tree;
    if (this.#foreignDatabase !== null && (await live.database()) !== this.#foreignDatabase) {
      await removeForeignDatabase(this.#foreignDatabase);
    }
    await pruneDatabases(await this.#tree.live.database(), next.path, this.#tree.place);
    await this.#tree.remember();
  }

  writtenAtStart(unit: DeployedUnit): readonly string[] {
    const { daemon } = activationOf(unit);
    return daemon === null ? [] : [daemon.pidFile];
  }

  logs(unit: DeployedUnit): LogSource {
    return { kind: 'files', paths: this.#logFiles(unit) };
  }

  get #scene(): Scene {
    return { tree: this.#tree, profile: this.#profile, ports: this.#ports };
  }

  #placeOf({ directories, profileName }: DeployedProfile): ReturnType<typeof placeOf> {
    return placeOf(directories.runtimeDir, profileName);
  }

  #logFiles(unit: DeployedUnit): readonly string[] {
    return logFiles(this.#profile, unit, this.#tree.place);
  }

  /** What s6-rc says of all services; nothing when it does not run. */
  async #services(): Promise<Services> {
    const { live } = this.#tree;
    const { isAlive, isLost } = await this.#tree.look();
    this.#isLost = isLost;
    if (!isAlive) return noServices;
    const services = await live.services();
    if (services !== null) return services;
    await upgradeFormat(this.#tree, this.#profile);
    return (await live.services()) ?? noServices;
  }

  /** Remembers what was up before anything is changed. */
  async #begin(): Promise<Services> {
    const services = this.#moves ? noServices : await this.#services();
    this.#upBefore ??= services.up;
    if (this.#moves) return services;
    if (this.#isLost) {
      await this.#tree.dissolve(services);
      this.#isLost = false;
      return noServices;
    }
    await this.#tree.endOrphans();
    return services;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      await sleep(2000, undefined, { signal }).catch(() => undefined);
      if (!isOver() && !(await this.#tree.isAlive())) {
        throw new ManagerUnavailableError({
          what: 's6-svscan has ended',
          why: 'Something else than this command ended it',
          fix: 'Run the command again',
        });
      }
    }
  }
}
