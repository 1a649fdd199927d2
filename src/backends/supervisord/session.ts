import type { InstanceName } from '../../model/process-model.js';
import type {
  AfterStop,
  Collision,
  DeployedProfile,
  DeployedUnit,
  Drift,
  LogSource,
  ManagerSession,
  Observation,
  UnitChange,
  UnitOutcome,
} from '../backend.js';
import { collisionsOf } from '../shared/collisions.js';
import { strayUnit } from '../shared/extra-units.js';
import { fromActivation, strayActivation } from './activation-data.js';
import { awaitPrograms } from './await-programs.js';
import { watchEnds } from './ended-processes.js';
import { down, longestStop, up, type Expectation, type Verdict } from './expectations.js';
import { checkPrograms, loadPrograms } from './load-programs.js';
import { lookAt } from './look-at.js';
import { linesSince, markLogs, type LogMark } from '../shared/log-tail.js';
import { byGroup, isDown, lost, observationOf } from './observation.js';
import { changedLinks } from './program-links.js';
import { callEach, startCalls, type ProgramCall } from './program-calls.js';
import { programFile } from './render.js';
import type { LeftBehind, SupervisordServer } from './server.js';
import {
  removeGroup,
  signalProcess,
  stopProcess,
  SupervisorFault,
  type FaultName,
  type ProcessInfo,
} from './supervisor-client.js';
import { watchServer } from './watch-server.js';

/** Which supervisord runs a profile. */
export type ServerOf = (profile: DeployedProfile) => SupervisordServer;

/** Something about programs, by their names. */
type ByProgram<T> = ReadonlyMap<string, T>;

/** Units that are not in `verdicts` are fine. */
const outcomes = (units: readonly DeployedUnit[], verdicts: ByProgram<Verdict>): readonly UnitOutcome[] =>
  units.map(({ instance, name }) => ({ instance, ...(verdicts.get(name) ?? { ok: true, detail: null }) }));

/** What is said of a program of a supervisord that is going to be left. */
const elsewhere = ({ activation }: DeployedUnit, processes: readonly ProcessInfo[]): Observation => {
  const { pid, since } = observationOf(processes, fromActivation(activation));
  return { state: 'absent', pid, since, detail: null };
};

const unknown: Verdict = { ok: false, detail: 'supervisord does not know it' };

/** Milliseconds for which processes are taken to be those that were seen: each may still end, or be started. */
const recently = 1000;

/**
 * Drives one supervisord by its XML-RPC interface. `supervisorctl update` would stop in the wrong order, start everything
 * at once and be done before anything runs.
 */
export class SupervisordSession implements ManagerSession {
  /** supervisord supervises; this waits for the signal and looks whether supervisord is still there. */
  readonly supervise = (_: DeployedProfile, signal: AbortSignal): Promise<void> =>
    watchServer(() => this.#server, signal);

  readonly namingVariables = ['SUPERVISOR_SERVER_URL', 'SUPERVISOR_GROUP_NAME', 'SUPERVISOR_PROCESS_NAME'];

  readonly #serverOf: ServerOf;
  /** Null when there has never been a deployment: then there is nobody to talk to. */
  #server: SupervisordServer | null;
  /** The units that supervisord has, or is to get as soon as it runs. */
  #units: readonly DeployedUnit[];
  /** Programs that may have a link of ours. */
  readonly #ours = new Set<string>();
  /** Programs of which supervisord has another version than their files; null as long as it has not read these. */
  #outdated: ReadonlySet<string> | null = null;
  /** The deployment goes to another supervisord, where nothing runs yet. */
  #moves: boolean;

  /** What supervisord said of processes, and when it was asked, in milliseconds; null when it was told something since. */
  #seen: { readonly groups: ByProgram<readonly ProcessInfo[]>; readonly since: number } | null = null;

  /** What is known of programs whose supervisord is no more; null as long as it was not missed. */
  #left: LeftBehind | null = null;

  readonly #repairs: boolean;

  /** @param repairs whether what somebody has put in the place of a link of ours is moved away. Default: it is refused */
  constructor(serverOf: ServerOf, current: DeployedProfile | null, target: DeployedProfile | null, repairs = false) {
    this.#repairs = repairs;
    const profile = current ?? target;
    this.#serverOf = serverOf;
    this.#server = profile === null ? null : serverOf(profile);
    this.#units = current?.units ?? [];
    for (const { name } of this.#units) this.#ours.add(name);
    this.#moves =
      current !== null && target !== null && serverOf(target).programDirectory !== this.#server?.programDirectory;
  }

  async observe(units: readonly DeployedUnit[]): Promise<ReadonlyMap<InstanceName, Observation>> {
    const since = performance.now();
    const groups = await this.#look(units);
    // What runs elsewhere is to be started here, and holds its port until then.
    if (this.#moves) return new Map(units.map((unit) => [unit.instance, elsewhere(unit, groups.get(unit.name) ?? [])]));
    this.#seen = { groups, since };
    const isMissing = units.some(({ name }) => !groups.has(name));
    const stopped = isMissing ? await this.#server?.stopped() : undefined;
    return new Map(
      units.map(({ instance, name, activation }) => {
        const processes = groups.get(name);
        if (processes === undefined) return [instance, lost(name, this.#left, stopped?.has(name) === true)];
        return [instance, observationOf(processes, fromActivation(activation))];
      }),
    );
  }

  readonly loss = (): string | null =>
    this.#left === null ? null : 'supervisord has ended: nothing watches over its programs';

  async collisions(units: readonly DeployedUnit[]): Promise<readonly Collision[]> {
    const server = this.#server;
    return server === null ? [] : collisionsOf(units, (some) => checkPrograms(server, some, this.#ours));
  }

  async stop(units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]> {
    const groups = this.#recent(units) ?? (await this.#look(units));
    const processes = units.flatMap(({ name }) => groups.get(name) ?? []);
    // Somebody else's supervisord may be in a container.
    const haveEnded = this.#server?.exclusive === true ? watchEnds(processes) : null;
    // One that rests, or ends by itself meanwhile, is fine.
    const refused = await this.#call(callEach(processes, stopProcess), ['NOT_RUNNING']);
    const loaded = units.filter(({ name }) => groups.has(name) && !refused.has(name));
    const late = (await haveEnded?.()) === true ? new Map<string, Verdict>() : await this.#await(loaded, down);
    const stopped = outcomes(units, new Map([...refused, ...late]));
    const ok = new Set(stopped.filter((outcome) => outcome.ok).map(({ instance }) => instance));
    await this.#server?.noteStopped(units.filter(({ instance }) => ok.has(instance)).map(({ name }) => name));
    return stopped;
  }

  async install(next: DeployedProfile | null): Promise<void> {
    const server = next === null ? this.#server : this.#serverOf(next);
    if (this.#server !== null && this.#server.programDirectory !== server?.programDirectory) await this.#server.end();
    // A supervisord that was left, or has just ended, says nothing of the next one.
    if (this.#server?.programDirectory !== server?.programDirectory || this.#left !== null) this.#seen = null;
    this.#server = server;
    this.#units = next?.units ?? [];
    this.#outdated = null;
    this.#moves = false;
    // Before anything is stopped elsewhere: what moves here is not down for as long as supervisord takes to start.
    if (this.#units.length > 0) await this.#ready();
    // One of our own forgets everything when `finish` ends it.
    else if (server?.exclusive === false && (await server.isRunning())) await this.#load(server);
  }

  async start(units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]> {
    const outdated = await this.#ready();
    const names = units.map(({ name }): string => name);
    const kept = await this.#unload(names.filter((name) => outdated.has(name)));
    this.#outdated = new Set([...outdated].filter((name) => kept.has(name) || !names.includes(name)));
    const groups = await this.#look(units);
    const logs: ByProgram<LogMark> = new Map(
      await Promise.all(
        units.map(async ({ name, activation }) => [name, await markLogs(fromActivation(activation).logFiles)] as const),
      ),
    );

    const startable = units.filter(({ name }) => !kept.has(name));
    const calls = startable.flatMap((unit) => startCalls(unit, groups.get(unit.name)));
    // A process that cannot be spawned is tried again by supervisord.
    const refused = await this.#call(calls, ['ALREADY_STARTED', 'SPAWN_ERROR']);
    // One that supervisord does not start when it is loaded is fine as it is.
    const awaited = startable.filter(
      ({ name, activation }) => !refused.has(name) && (groups.has(name) || fromActivation(activation).autostart),
    );
    const verdicts = new Map([...kept, ...refused, ...(await this.#await(awaited, up))]);
    for (const [program, { ok, detail }] of verdicts) {
      const mark = logs.get(program);
      if (ok || mark === undefined) continue;
      verdicts.set(program, { ok, detail: [detail, ...(await linesSince(mark, 10))].join('\n') });
    }
    return outcomes(units, verdicts);
  }

  async restart(changes: readonly UnitChange[], afterStop?: AfterStop): Promise<readonly UnitOutcome[]> {
    const stopped = await this.stop(changes.map(({ before }) => before));
    const stuck = stopped.filter(({ ok }) => !ok);
    const down = changes.filter((_, index) => stopped[index]?.ok === true);
    await afterStop?.(down.map(({ before }) => before));
    return [...stuck, ...(await this.start(down.map(({ after }) => after)))];
  }

  async reload(units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]> {
    const groups = await this.#look(units);
    const strangers = units.flatMap(({ name }): [string, Verdict][] => (groups.has(name) ? [] : [[name, unknown]]));
    const processes = units.flatMap(({ name }) => groups.get(name) ?? []);
    const refused = await this.#call(
      callEach(processes, (process) => signalProcess(process, 'HUP')),
      [],
    );
    return outcomes(units, new Map([...strangers, ...refused]));
  }

  async drift({ path, units }: DeployedProfile, others: readonly DeployedUnit[]): Promise<Drift> {
    const server = this.#server;
    // Whoever ended it has ended everything; it gets its links when it is started.
    if (server === null || !(await server.isRunning())) return { changed: [], extras: [] };
    const links = changedLinks(
      server.programDirectory,
      new Map(units.map(({ name, profile }) => [name, `${profile}/${programFile(name)}`])),
    );
    const wanted = new Set<string>(units.map(({ name }) => name));
    const groups = byGroup(await server.client.getAllProcesses());
    const linked = changedLinks(
      server.programDirectory,
      new Map(others.map(({ name, profile }) => [name, `${profile}/${programFile(name)}`])),
    );
    const known = new Map<string, DeployedUnit>(
      others.filter(({ name }) => groups.has(name) && !linked.has(name)).map((unit) => [unit.name, unit]),
    );
    // In a supervisord of our own, everything is of this profile.
    const strays = server.exclusive ? [...groups.keys()].filter((name) => !wanted.has(name) && !known.has(name)) : [];
    const extras = [...known.values(), ...strays.map((name) => strayUnit(name, strayActivation, path))];
    for (const { name } of extras) this.#ours.add(name);
    return {
      changed: units.flatMap(({ instance, name }) => {
        const link = links.get(name);
        // It may have read another file in the meantime.
        return link === undefined ? [] : [{ instance, what: link.what, restart: !link.isMissing }];
      }),
      extras: extras.map((unit) => ({
        unit,
        observation: observationOf(groups.get(unit.name) ?? [], fromActivation(unit.activation)),
      })),
    };
  }

  async finish(next: DeployedProfile | null): Promise<void> {
    if (next === null || next.units.length === 0) await this.#server?.end();
  }

  // supervisord does not start what it cannot log.
  writtenAtStart({ activation }: DeployedUnit): readonly string[] {
    const { watchedPidFile, logFiles } = fromActivation(activation);
    return [...(watchedPidFile === undefined ? [] : [watchedPidFile]), ...logFiles];
  }

  logs({ activation }: DeployedUnit): LogSource {
    return { kind: 'files', paths: fromActivation(activation).logFiles };
  }

  /** What is loaded of these units; nothing when supervisord does not run. */
  async #look(units: readonly DeployedUnit[]): Promise<ByProgram<readonly ProcessInfo[]>> {
    const programs = units.map(({ name, activation }) => ({ name, processes: fromActivation(activation).processes }));
    const groups = (await this.#server?.ask((client) => lookAt(client, programs))) ?? null;
    this.#left = groups === null && this.#server !== null ? await this.#server.leftBehind() : null;
    if (groups !== null) await this.#server?.remember(groups);
    return groups ?? new Map<string, readonly ProcessInfo[]>();
  }

  /** What was seen of these units a moment ago, if nothing was said to supervisord since; null for nothing. */
  #recent(units: readonly DeployedUnit[]): ByProgram<readonly ProcessInfo[]> | null {
    if (this.#seen === null || performance.now() - this.#seen.since > recently) return null;
    const { groups } = this.#seen;
    return units.every(({ name }) => groups.has(name)) ? groups : null;
  }

  /** Makes many calls in one. Returns the first refusal for each program, but for those that are `tolerated`. */
  async #call(calls: readonly ProgramCall[], tolerated: readonly FaultName[]): Promise<ByProgram<Verdict>> {
    this.#seen = null;
    const results = (await this.#server?.client.callAll(calls.map(({ call }) => call))) ?? [];
    const refused = new Map<string, Verdict>();
    calls.forEach(({ program }, index) => {
      const result = results[index];
      if (!(result instanceof SupervisorFault) || tolerated.includes(result.fault) || refused.has(program)) return;
      refused.set(program, { ok: false, detail: result.message });
    });
    return refused;
  }

  async #await(
    units: readonly DeployedUnit[],
    expect: (data: ReturnType<typeof fromActivation>) => Expectation,
  ): Promise<ByProgram<Verdict>> {
    if (this.#server === null) return new Map();
    const expectations = units.map(({ name, activation }) => [name, expect(fromActivation(activation))] as const);
    const server = this.#server;
    return awaitPrograms(server.client, new Map(expectations), (groups) => server.remember(groups));
  }

  /** Has supervisord running, with our files read. Returns what it has loaded in another version. */
  async #ready(): Promise<ReadonlySet<string>> {
    if (this.#server === null) throw new Error('a session without a profile was asked to start something');
    const isNew = await this.#server.ensureRunning();
    return isNew || this.#outdated === null ? this.#load(this.#server) : this.#outdated;
  }

  /** Has supervisord read the files of our units; loads none, and unloads those that are no more. */
  async #load(server: SupervisordServer): Promise<ReadonlySet<string>> {
    const seen = this.#seen === null ? null : new Set(this.#seen.groups.keys());
    const { outdated, obsolete } = await loadPrograms(server, this.#units, this.#ours, this.#repairs, seen);
    for (const { name } of this.#units) this.#ours.add(name);
    await this.#unload(obsolete);
    this.#outdated = outdated;
    return outdated;
  }

  /** Makes supervisord forget programs that do not run. Returns those that it does not let go. */
  async #remove(programs: readonly string[]): Promise<ByProgram<Verdict>> {
    const kept = await this.#call(
      programs.map((program) => ({ program, call: removeGroup(program) })),
      ['BAD_NAME'],
    );
    const gone = programs.filter((program) => !kept.has(program));
    await this.#server?.remember(new Map(gone.map((program) => [program, []])));
    return kept;
  }

  /** Makes supervisord forget programs; it stops those that run. Returns those that it does not let go. */
  async #unload(programs: readonly string[]): Promise<ByProgram<Verdict>> {
    if (this.#server === null || programs.length === 0) return new Map();
    const { client } = this.#server;
    // As mostly, they were stopped before.
    const kept = await this.#remove(programs);
    if (kept.size === 0) return kept;
    const groups = await lookAt(
      client,
      [...kept.keys()].map((name) => ({ name, processes: null })),
    );
    const running = [...kept.keys()]
      .flatMap((program) => groups.get(program) ?? [])
      .filter(({ statename }) => !isDown(statename));
    await this.#call(callEach(running, stopProcess), ['NOT_RUNNING']);
    await awaitPrograms(client, new Map(running.map(({ group }) => [group, down(longestStop)])));
    return this.#remove([...kept.keys()]);
  }
}
