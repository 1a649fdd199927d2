import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceName } from '../../model/process-model.js';
import { ManagerUnavailableError } from '../../system/errors.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type { Ports, RunResult } from '../../system/ports.js';
import { openProcessTable, type LiveProcess } from '../../system/processes.js';
import type {
  AfterStop,
  ChangedOnDisk,
  Collision,
  DeployedProfile,
  DeployedUnit,
  Drift,
  LogSource,
  ManagerSession,
  Observation,
  ObservationDepth,
  SessionContext,
  UnitChange,
  UnitOutcome,
} from '../backend.js';
import { writeTextAtomically } from '../../state/atomic-file.js';
import { runningAmong } from '../shared/extra-units.js';
import { namedProcess } from '../shared/foreign-script.js';
import { linesSince, markLogs, type LogMark } from '../shared/log-tail.js';
import { observeService } from '../shared/observe-service.js';
import { removeRecords } from '../shared/remove-records.js';
import { scriptEnvironment } from '../shared/script-environment.js';
import { removeForeignDatabase } from './adopted-live.js';
import { activationOf, type Activation, type AtomicService } from './activation-data.js';
import { compile, databaseOf, provideDatabase, pruneDatabases } from './databases.js';
import { changeProblem, updateError, updateVerdict } from './exit-codes.js';
import { noServices, type Services } from './live-state.js';
import { absent, combine, observeLongrun, observeOneshot } from './observation.js';
import { sourceDirectory } from './service-definition.js';
import { placeOf } from './place.js';
import { serviceStatuses, type ServiceStatus } from './service-status.js';
import { defaultStopTime, treeOf, type Orphan, type Tree } from './tree.js';

/** Something about services, by their names. */
type ByService<T> = ReadonlyMap<string, T>;

/** Milliseconds that a process has to stay up before a start counts: s6 starts what dies again, and says nothing. */
const settlingTime = 500;

/** Seconds that a restarted process gets to say that it is ready, when the model does not say it. */
const defaultReadinessTime = 60;

const isLongrun = ({ kind }: AtomicService): boolean => kind === 'longrun';

/** Whether a unit only stands for others. */
const isBundle = (unit: DeployedUnit): boolean => activationOf(unit).services.length === 0;

const asBundle = (unit: DeployedUnit, verb: string): string =>
  `it is a bundle of ${activationOf(unit).contents.join(', ')}: ${verb} those`;

/** Files in which scripts note the daemons of units. */
const recordsOf = (units: readonly DeployedUnit[]): readonly string[] =>
  units.flatMap((unit) => activationOf(unit).daemon?.recordFile ?? []);

/** A unit of which a process runs that nobody supervises; null for others. */
const leftAlone = (unit: DeployedUnit, orphans: readonly Orphan[]): Observation | null => {
  const names = new Set(activationOf(unit).services.map(({ name }) => name));
  const orphan = orphans.find(({ service }) => names.has(service));
  if (orphan === undefined) return null;
  const detail = `process ${orphan.pid} still runs, but its s6-supervise was killed`;
  return { state: 'failed', pid: orphan.pid, since: orphan.since, detail };
};

/** What s6-rc has to say, without its own name in front. */
const words = ({ stderr }: RunResult): string =>
  stderr
    .split('\n')
    .map((line) => line.replace(/^s6-rc: (?:warning|fatal|info): /, ''))
    .filter((line) => line !== '' && !line.includes('without readiness notification'))
    .join('\n');

/** Units with these names, and all that depends on them. */
const withDependents = (units: readonly DeployedUnit[], names: ReadonlySet<string>): ReadonlySet<InstanceName> => {
  const found = new Set(units.filter(({ name }) => names.has(name)).map(({ instance }) => instance));
  // Dependencies come before dependents.
  for (const { instance, dependencies } of [...units].sort((a, b) => a.level - b.level)) {
    if (dependencies.some((dependency) => found.has(dependency))) found.add(instance);
  }
  return found;
};

export interface SessionPorts extends Ports, Pick<SessionContext, 'answerLimits'> {
  readonly jobs: number;
}

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
    const services = await this.#services();
    const statuses = await this.#statuses(
      units.flatMap((unit) => activationOf(unit).services),
      services,
    );
    const orphans = await this.#lookForOrphans(statuses);
    const processes = await openProcessTable(this.#ports.run);
    const observed = await mapConcurrently(units, this.#ports.jobs, async (unit) => {
      const observation = leftAlone(unit, orphans) ?? (await this.#observeUnit(unit, services, statuses));
      const since =
        depth === 'state' || observation.pid === null ? null : ((await processes.find(observation.pid))?.since ?? null);
      const { pid } = observation;
      // What runs elsewhere is to be started here, and holds its port until then.
      if (this.#moves) return [unit.instance, { ...absent, pid, since }] as const;
      return [unit.instance, { ...observation, since: observation.since ?? since }] as const;
    });
    return new Map(observed);
  }

  readonly loss = (): string | null =>
    this.#isLost
      ? 's6-svscan has ended: nothing starts an s6-supervise again that ends; bringing it back restarts the services'
      : null;

  /** A live state is of one profile, but its services may be supervised beside others'. */
  async collisions(units: readonly DeployedUnit[]): Promise<readonly Collision[]> {
    const tree = this.#target === null ? this.#tree : treeOf(this.#target, this.#ports);
    const named = units.flatMap(({ instance, activation }) =>
      activationOf({ activation })
        .services.filter(isLongrun)
        .map(({ name }) => [name, instance] as const),
    );
    const instances = new Map(named);
    const ofNames = [...(await tree.strangers([...instances.keys()]))].map(([service, path]) => ({
      instance: instances.get(service) ?? null,
      what: `There is ${path} already, which s6-svscan supervises`,
      why: 'It is none of the services of this profile',
      fix: 'Remove it there, or give the process another name, instanceName or instanceSuffix',
    }));
    return [...ofNames, ...(await this.#takenLogs(units))];
  }

  /** Logs that an s6-log writes which is none of ours: another profile's over the same state directories. */
  async #takenLogs(units: readonly DeployedUnit[]): Promise<readonly Collision[]> {
    const { lockedLogs } = await import('./log-locks.js');
    const locked = lockedLogs(units.flatMap((unit) => activationOf(unit).logFile ?? []));
    if (locked.length === 0) return [];
    const own = await this.#tree.processes();
    return locked
      .filter(({ pid }) => !own.has(pid))
      .map(({ directory, pid }) => ({
        instance: units.find((unit) => activationOf(unit).logFile === join(directory, 'current'))?.instance ?? null,
        what: `The log in ${directory} is written by another service already (process ${pid})`,
        why: 'A second s6-log would wait for its end; another profile may have the same state directories',
        fix: 'Undeploy that profile, or give this one another --state-dir or --log-dir, or the process another name',
      }));
  }

  async stop(units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]> {
    const { up } = await this.#begin();
    const staying = this.#contentsThatStay(units);
    const namesOf = (unit: DeployedUnit): readonly string[] =>
      this.#serviceNames([unit]).filter((name) => up.has(name) && !(isBundle(unit) && staying.has(name)));
    const names = [...new Set(units.flatMap(namesOf))];
    for (const { name } of units) this.#stopped.add(name);
    if (names.length === 0) return units.map(({ instance }) => ({ instance, ok: true, detail: null }));
    const daemons = await this.#foreignDaemons(units);
    // Whoever asks for it means it: without that, s6-rc refuses to stop what is flagged as essential.
    const essential = this.#profile.units.some((unit) => activationOf(unit).flagEssential);
    const result = await this.#tree.live.change('down', names, essential);
    const { up: left } = await this.#services();
    const surviving = await this.#awaitEnds(daemons);
    return units.map((unit) => {
      const stuck = namesOf(unit).filter((name) => left.has(name));
      if (stuck.length === 0) {
        const detail = surviving.get(unit.name) ?? null;
        return { instance: unit.instance, ok: detail === null, detail };
      }
      const detail = [changeProblem(result.exitCode), words(result)].filter((text) => text !== '').join('\n');
      return { instance: unit.instance, ok: false, detail };
    });
  }

  /** Services that the next generation has, though not in the bundles of which one is stopped since it has gone. */
  #contentsThatStay(units: readonly DeployedUnit[]): ReadonlySet<string> {
    const next = this.#target?.units ?? [];
    const isGone = units.some((unit) => isBundle(unit) && !next.some(({ name }) => name === unit.name));
    return new Set(isGone ? next.flatMap((unit) => activationOf(unit).services.map(({ name }) => name)) : []);
  }

  /** Processes of daemons that scripts of another tool end, which do not wait for that; by the names of their units. */
  async #foreignDaemons(units: readonly DeployedUnit[]): Promise<ByService<LiveProcess>> {
    const processes = await openProcessTable(this.#ports.run);
    const found = await mapConcurrently(units, this.#ports.jobs, async (unit) => {
      const { daemon } = activationOf(unit);
      if (unit.isLaidOut !== true || daemon === null) return [];
      const process = await namedProcess({ pidFile: daemon.pidFile, wrapped: false }, processes);
      return process === null ? [] : [[unit.name, process] as const];
    });
    return new Map(found.flat());
  }

  /** Waits until they have ended. Returns what is to be said of those that do not, by the names of their units. */
  async #awaitEnds(daemons: ByService<LiveProcess>): Promise<ByService<string>> {
    const deadline = performance.now() + defaultStopTime;
    const left = new Map(daemons);
    const processes = await openProcessTable(this.#ports.run);
    for (;;) {
      for (const [name, { pid, startTime }] of left) {
        if ((await processes.find(pid))?.startTime !== startTime) left.delete(name);
      }
      if (left.size === 0 || performance.now() > deadline) break;
      await sleep(50);
    }
    return new Map([...left].map(([name, { pid }]) => [name, `its process ${pid} still lives`]));
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
    await this.#makeLive(next, before);
    await this.#restoreEdited();
    await this.#bringBack();
  }

  async start(units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]> {
    await this.#begin();
    await this.#makeLive(this.#profile, this.#profile);
    const names = this.#serviceNames(units);
    for (const { name } of units) this.#stopped.delete(name);
    const marks: ByService<LogMark> = new Map(
      await Promise.all(units.map(async (unit) => [unit.name, await markLogs(this.#logFiles(unit))] as const)),
    );
    const result = await this.#tree.live.change('up', names, false);
    await this.#wakeUp(units);
    const failures = await this.#settle(units, result);
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
    await mapConcurrently(changes, this.#ports.jobs, async (change) => {
      const problem = await this.#restartServices(change, services, afterStop);
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
      const problem = await this.#reloadUnit(unit, up);
      return { instance, ok: problem === null, detail: problem };
    });
  }

  async drift({ path, units }: DeployedProfile, others: readonly DeployedUnit[]): Promise<Drift> {
    if (this.#moves || !(await this.#tree.isAlive())) return { changed: [], extras: [] };
    const { live, place } = this.#tree;
    const database = await live.database();
    const wanted = databaseOf(path, place);
    const edited = await mapConcurrently(units, this.#ports.jobs, async (unit) => {
      const files = activationOf(unit)
        .services.filter(isLongrun)
        .flatMap(({ name }) =>
          // In a pipeline s6-rc-compile puts a script of its own before the service's.
          ['run', 'run.user'].map((file) => ({
            source: join(wanted, 'servicedirs', name, file),
            copy: join(live.serviceDirectory(name), file),
          })),
        );
      const found: ChangedOnDisk[] = [];
      for (const { source, copy } of files) {
        const [text, original] = await Promise.all(
          [copy, source].map((file) => readFile(file, 'utf8').catch(() => null)),
        );
        // A service that is not there at all has been told as absent.
        if (text === null || text === original) continue;
        this.#edited.set(copy, source);
        found.push({ instance: unit.instance, what: `${copy} is not as it was written`, restart: true });
      }
      return found;
    });
    return {
      changed: [
        ...edited.flat(),
        ...(database === wanted
          ? []
          : [{ instance: null, what: `s6-rc has another database: ${database ?? 'none'}`, restart: false }]),
      ],
      extras: await this.#extras(others),
    };
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
  }

  logs(unit: DeployedUnit): LogSource {
    return { kind: 'files', paths: this.#logFiles(unit) };
  }

  #placeOf({ directories, profileName }: DeployedProfile): ReturnType<typeof placeOf> {
    return placeOf(directories.runtimeDir, profileName);
  }

  /** What s6-rc says of all services; nothing when it does not run. */
  async #services(): Promise<Services> {
    const { live } = this.#tree;
    const { isAlive, isLost } = await this.#tree.look();
    this.#isLost = isLost;
    if (!isAlive) return noServices;
    const services = await live.services();
    if (services !== null) return services;
    await this.#upgradeFormat(this.#profile);
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

  /** Processes that nobody supervises; writes down those that somebody does. */
  async #lookForOrphans(statuses: ByService<ServiceStatus>): Promise<readonly Orphan[]> {
    await this.#tree.remember(statuses);
    return this.#tree.orphans(statuses);
  }

  async #statuses(services: readonly AtomicService[], { up, down }: Services): Promise<ByService<ServiceStatus>> {
    const { live, programs } = this.#tree;
    const known = services.filter((service) => isLongrun(service) && (up.has(service.name) || down.has(service.name)));
    return serviceStatuses(new Map(known.map(({ name }) => [name, live.serviceDirectory(name)])), programs);
  }

  async #observeUnit(unit: DeployedUnit, services: Services, statuses: ByService<ServiceStatus>): Promise<Observation> {
    const activation = activationOf(unit);
    const [main, logger] = activation.services;
    if (main === undefined) return this.#observeBundle(activation, services);
    if (main.kind === 'oneshot') return this.#observeOneshot(unit, activation, main, services);
    const observation = observeLongrun(main, services, statuses.get(main.name));
    if (observation.state !== 'running' || logger === undefined) return observation;
    const { state, detail } = observeLongrun(logger, services, statuses.get(logger.name));
    return state === 'failed' ? { ...observation, detail: `its logger does not run: ${detail ?? state}` } : observation;
  }

  #observeBundle({ contents }: Activation, { up, down }: Services): Observation {
    const names = this.#resolve(contents);
    return combine(
      names.map((name) => {
        if (!up.has(name) && !down.has(name)) return absent;
        return { state: up.has(name) ? 'running' : 'stopped', pid: null, since: null, detail: null };
      }),
    );
  }

  async #observeOneshot(
    unit: DeployedUnit,
    { daemon, activities }: Activation,
    main: AtomicService,
    services: Services,
  ): Promise<Observation> {
    const observation = observeOneshot(main, services);
    if (observation.state !== 'running' || daemon === null) return observation;
    const processes = await openProcessTable(this.#ports.run);
    const askScript = async (): Promise<{ exitCode: number; words: string }> => {
      if (!activities.status) return { exitCode: 0, words: '' };
      const { exitCode, stdout } = await this.#runActivity(unit, main.name, 'status');
      return { exitCode, words: stdout.trim() };
    };
    const found = await observeService({ ...daemon, wrapped: false }, processes, askScript);
    if (found.state === 'running') return found;
    return { ...found, state: 'failed', detail: found.detail ?? 'the daemon does not run' };
  }

  /** The services that names of processes and services stand for. */
  #resolve(names: readonly string[]): readonly string[] {
    const byName = new Map(this.#profile.units.map((unit) => [unit.name as string, activationOf(unit)]));
    const seen = new Set<string>();
    const resolve = (name: string): readonly string[] => {
      const activation = byName.get(name);
      if (activation === undefined) return [name];
      if (seen.has(name)) return [];
      seen.add(name);
      return activation.services.length > 0
        ? activation.services.map((service) => service.name)
        : activation.contents.flatMap(resolve);
    };
    return names.flatMap(resolve);
  }

  #serviceNames(units: readonly DeployedUnit[]): readonly string[] {
    return [
      ...new Set(
        units.flatMap((unit) => {
          const { services, contents } = activationOf(unit);
          return services.length > 0 ? services.map(({ name }) => name) : this.#resolve(contents);
        }),
      ),
    ];
  }

  /**
   * Makes the services of a profile those that s6-rc has. Longruns that are in both keep running.
   *
   * @param before the profile that was live, in case that its database has to be made again
   */
  async #makeLive(profile: DeployedProfile, before: DeployedProfile): Promise<void> {
    const { live, place, programs } = this.#tree;
    const database = await provideDatabase(profile.path, place, programs);
    await this.#tree.ensureAlive(database);
    if ((await live.database()) === database) return;
    const statuses = await serviceStatuses(
      new Map((await live.longruns()).map((name) => [name, live.serviceDirectory(name)])),
      programs,
    );
    this.#pidsBefore = new Map([...statuses].map(([name, { pid }]) => [name, pid]));
    const first = await live.update(database);
    const isForeign = updateVerdict(first.exitCode) === 'invalid-database';
    if (isForeign) await this.#upgradeFormat(before);
    const result = isForeign ? await live.update(database) : first;
    const verdict = updateVerdict(result.exitCode);
    if (verdict !== 'done') throw updateError(verdict, result.exitCode, words(result) || result.stderr);
  }

  /** After an upgrade of s6-rc: what is live is compiled again, in the format of the version that there is now. */
  async #upgradeFormat(profile: DeployedProfile): Promise<void> {
    const { live, place, programs } = this.#tree;
    const database = `${databaseOf(profile.path, place)}.${Date.now().toString(36)}`;
    await compile(profile.path, database, programs);
    const result = await live.upgradeFormat(database);
    if (result.exitCode !== 0) throw updateError('invalid-database', result.exitCode, result.stderr);
  }

  /** s6-rc stops what depends on a service together with it: what can do without what was stopped is started again. */
  async #bringBack(): Promise<void> {
    const { up } = await this.#services();
    const before = this.#upBefore ?? new Set();
    const stopped = withDependents(this.#profile.units, this.#stopped);
    const gone = this.#serviceNames(this.#profile.units.filter(({ instance }) => !stopped.has(instance))).filter(
      (name) => before.has(name) && !up.has(name),
    );
    if (gone.length === 0) return;
    const result = await this.#tree.live.change('up', gone, false);
    if (result.exitCode !== 0) throw updateError('switched-with-failures', result.exitCode, words(result));
  }

  /** Starts what s6-rc believes to be up and is not: a longrun that s6-svc ended, a daemon that died. */
  async #wakeUp(units: readonly DeployedUnit[]): Promise<void> {
    const services = await this.#services();
    const { live, programs } = this.#tree;
    const statuses = await this.#statuses(
      units.flatMap((unit) => activationOf(unit).services),
      services,
    );
    const asleep = [...statuses].filter(([name, { up, wantedUp }]) => services.up.has(name) && !up && !wantedUp);
    await mapConcurrently(asleep, this.#ports.jobs, ([name]) =>
      programs.run('s6-svc', ['-wu', '-T', String(defaultStopTime), '-u', live.serviceDirectory(name)], {
        atMost: defaultStopTime,
      }),
    );
    const daemons = units.filter((unit) => activationOf(unit).daemon !== null);
    await mapConcurrently(daemons, this.#ports.jobs, async (unit) => {
      const activation = activationOf(unit);
      const [main] = activation.services;
      if (main === undefined || !services.up.has(main.name)) return;
      const { state } = await this.#observeOneshot(unit, activation, main, services);
      if (state !== 'running') await this.#runActivity(unit, main.name, 'up');
    });
  }

  /** Waits until it is clear that processes stay up. Returns what is wrong with those that do not, by their units. */
  async #settle(units: readonly DeployedUnit[], change: RunResult): Promise<ReadonlyMap<string, string>> {
    const failures = new Map<string, string>();
    const said = words(change);
    const services = await this.#services();
    const upUnits = units.filter((unit) => {
      const missing = this.#serviceNames([unit]).filter((name) => !services.up.has(name));
      if (missing.length === 0) return true;
      const about = said.split('\n').filter((line) => missing.some((name) => line.includes(name)));
      failures.set(
        unit.name,
        [changeProblem(change.exitCode), ...(about.length > 0 ? about : [said])].join('\n').trim(),
      );
      return false;
    });
    const judge = async (): Promise<ByService<number | null>> => {
      const statuses = await this.#statuses(
        upUnits.flatMap((unit) => activationOf(unit).services),
        services,
      );
      for (const unit of upUnits) {
        if (failures.has(unit.name)) continue;
        const observation = await this.#observeUnit(unit, services, statuses);
        if (observation.state !== 'running' && observation.state !== 'starting') {
          failures.set(unit.name, observation.detail ?? observation.state);
        }
      }
      return new Map([...statuses].map(([name, { pid }]) => [name, pid]));
    };
    const first = await judge();
    if (!upUnits.some((unit) => activationOf(unit).services.some(isLongrun))) return failures;
    await sleep(settlingTime);
    const second = await judge();
    for (const unit of upUnits) {
      const [main] = activationOf(unit).services;
      if (main === undefined || failures.has(unit.name)) continue;
      if (first.get(main.name) !== second.get(main.name))
        failures.set(unit.name, 'it ended at once and was started again');
    }
    return failures;
  }

  /** Restarts what has another definition; everything of a unit whose definition is the same. Returns what went wrong. */
  async #restartServices(
    { before, after }: UnitChange,
    services: Services,
    afterStop?: AfterStop,
  ): Promise<string | null> {
    const old = new Map(activationOf(before).services.map((service) => [service.name, service]));
    const onRequest = before.fingerprint === after.fingerprint;
    if (onRequest && isBundle(after)) return asBundle(after, 'restart');
    for (const [index, service] of activationOf(after).services.entries()) {
      const previous = old.get(service.name);
      const isDue = onRequest ? index === 0 : previous?.fingerprint !== service.fingerprint;
      if (!isDue || previous?.kind !== service.kind || !services.up.has(service.name)) continue;
      // Of a pipeline, the logger goes on for what is left of the process before it.
      const clear = async (): Promise<void> => (index === 0 ? afterStop?.([before]) : undefined);
      const problem = isLongrun(service)
        ? await this.#restartLongrun(service, after.readiness?.timeout ?? defaultReadinessTime, clear)
        : await this.#restartOneshot(service, before, after, clear);
      if (problem !== null) return problem;
    }
    return null;
  }

  /** @param clear to be called when it is down */
  async #restartLongrun(
    { name, notifies, stopTime }: AtomicService,
    readinessTime: number,
    clear: () => Promise<void>,
  ): Promise<string | null> {
    const { live, programs } = this.#tree;
    const directory = live.serviceDirectory(name);
    const status = (await serviceStatuses(new Map([[name, directory]]), programs)).get(name);
    const hasRestarted = this.#pidsBefore !== null && this.#pidsBefore.get(name) !== status?.pid;
    // What is about to be started again by itself gets its new definition then.
    if (status === undefined || !status.up || hasRestarted) return null;
    const atMost = (stopTime ?? defaultStopTime) + 5000;
    const limit = ['-T', String(atMost)];
    const { exitCode } = await programs.run('s6-svc', ['-wD', ...limit, '-d', directory], { atMost });
    if (exitCode !== 0) {
      const { exitCode: killed, stderr } = await programs.run('s6-svc', ['-wD', ...limit, '-dk', directory], {
        atMost,
      });
      if (killed !== 0) return stderr.trim();
    }
    await clear();
    const { exitCode: refused, stderr: words } = await programs.run('s6-svc', ['-wu', ...limit, '-u', directory], {
      atMost,
    });
    if (refused !== 0) return words.trim();
    if (!notifies) return null;
    const longest = Math.ceil(readinessTime * 1000);
    const { exitCode: late } = await programs.run('s6-svc', ['-wU', '-T', String(longest), '-u', directory], {
      atMost: longest,
    });
    return late === 0 ? null : `it has not said that it is ready within ${readinessTime} seconds`;
  }

  /** s6-rc would stop everything that depends on it, so the scripts are run as s6-rc would run them. */
  async #restartOneshot(
    { name }: AtomicService,
    before: DeployedUnit,
    after: DeployedUnit,
    clear: () => Promise<void>,
  ): Promise<string | null> {
    for (const [unit, script] of [
      [before, 'down'],
      [after, 'up'],
    ] as const) {
      const daemons = script === 'down' ? await this.#foreignDaemons([unit]) : new Map<string, LiveProcess>();
      const { exitCode, stderr } = await this.#runActivity(unit, name, script);
      const surviving = (await this.#awaitEnds(daemons)).get(unit.name);
      if (surviving !== undefined) return surviving;
      if (exitCode !== 0) return `${script} ended with exit code ${exitCode}\n${stderr.trim()}`.trim();
      if (script === 'down') await clear();
    }
    return null;
  }

  async #reloadUnit(unit: DeployedUnit, up: ReadonlySet<string>): Promise<string | null> {
    const { services, activities } = activationOf(unit);
    const [main] = services;
    if (main === undefined) return asBundle(unit, 'reload');
    if (!up.has(main.name)) return 'it does not run';
    const { live, programs } = this.#tree;
    if (main.kind === 'oneshot' && !activities.reload)
      return 'it has no process that could read its configuration again';
    const { exitCode, stderr } =
      main.kind === 'longrun'
        ? await programs.run('s6-svc', ['-h', live.serviceDirectory(main.name)])
        : await this.#runActivity(unit, main.name, 'reload');
    return exitCode === 0 ? null : stderr.trim();
  }

  /** Runs one of the scripts of a oneshot's definition in the surroundings that s6-svscan has; no script is fine. */
  #runActivity(unit: DeployedUnit, service: string, script: string): Promise<RunResult> {
    const file = join(unit.profile, sourceDirectory, service, script);
    return this.#tree.programs.shell('if [ -s "$1" ]; then exec execlineb -P "$1"; fi', [file], {
      env: scriptEnvironment(this.#ports.env),
      cwd: '/',
      leavesDaemon: true,
      // Its scripts have limits of their own, which are shorter.
      atMost: 300_000,
    });
  }

  #logFiles(unit: DeployedUnit): readonly string[] {
    const { logFile, services, contents } = activationOf(unit);
    if (logFile !== null) return [logFile];
    if (services.length > 0) return [this.#tree.place.log];
    const inside = new Set(contents);
    return this.#profile.units.filter(({ name }) => inside.has(name)).flatMap((other) => this.#logFiles(other));
  }

  /** s6-rc copies definitions only when it gets another database. */
  async #restoreEdited(): Promise<void> {
    for (const [copy, source] of this.#edited) {
      const text = await readFile(source, 'utf8').catch(() => null);
      // s6-rc may have taken the service away with its database.
      const isThere = await access(copy).then(
        () => true,
        () => false,
      );
      if (text !== null && isThere) await writeTextAtomically(copy, text, 0o755);
    }
    this.#edited.clear();
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
