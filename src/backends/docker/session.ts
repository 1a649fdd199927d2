import type {
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
import type { InstanceName } from '../../model/process-model.js';
import { nixToString, type Json } from '../../system/json.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import { strayUnit } from '../shared/extra-units.js';
import { fromActivation, type ActivationData } from './activation-data.js';
import { awaitRunning, type ReadinessCheck, type Verdict } from './container-life.js';
import { inspectContainers, isUp, type Container } from './containers.js';
import { engineWords } from './engine.js';
import { resolveImage, type ResolvedImage } from './image/resolve-image.js';
import { observationOf } from './observation.js';
import { ProfileContainers, type DockerSurroundings, type Wanted } from './profile-containers.js';
import { rememberEngine } from './engine-record.js';

const failed = (detail: string): Verdict => ({ ok: false, detail });

const outcomeOf = ({ instance }: DeployedUnit, verdict: Verdict): UnitOutcome => ({
  instance,
  ok: verdict.ok,
  detail: verdict.ok ? null : verdict.detail,
});

/** What an engine's init says of a command that it cannot run does not name it. */
const explainCommand = (detail: string, { command, image }: ActivationData): string => {
  if (!/failed to exec|exec\S* failed|exit code 12[67]/.test(detail)) return detail;
  const imageCommand = image.kind === 'written' ? image.config['Cmd'] : undefined;
  const words: readonly Json[] = command.length > 0 ? command : Array.isArray(imageCommand) ? imageCommand : [];
  return words[0] === undefined ? detail : `${detail}\nits command is ${nixToString(words[0])}`;
};

/**
 * Keeps the containers of one profile as its generations say. A container belongs to us by its labels; the hash of what
 * it was made from says whether it is the one that is wanted. A new one is made before the old one is stopped, and the
 * old one is kept until the new one runs, so that putting back means starting it again.
 */
export class DockerSession implements ManagerSession {
  /** The engine supervises; the tool itself waits for a signal. */
  readonly supervise = null;
  readonly endsLeftovers = true;
  /** Docker's daemon starts containers again that were not stopped by hand; Podman has none. */
  readonly startsAtBoot: boolean;

  readonly #with: DockerSurroundings;
  readonly #containers: ProfileContainers;
  /** Images of the units that were installed. */
  readonly #images = new Map<InstanceName, ResolvedImage>();

  constructor(surroundings: DockerSurroundings) {
    this.#with = surroundings;
    this.startsAtBoot = !surroundings.engine.isPodman;
    this.#containers = new ProfileContainers(surroundings);
  }

  async observe(units: readonly DeployedUnit[]): Promise<ReadonlyMap<InstanceName, Observation>> {
    const containers = await this.#containers.list();
    return new Map(units.map((unit) => [unit.instance, observationOf(unit, containers)]));
  }

  /** Containers of that name that are somebody else's, or another profile's. */
  async collisions(units: readonly DeployedUnit[]): Promise<readonly Collision[]> {
    const byName = new Map(units.map((unit) => [fromActivation(unit.activation).containerName, unit.instance]));
    // Also where nothing of ours is there yet: an engine that only knows its version fails here, before anything is stopped.
    const ours = new Set((await this.#containers.list()).map(({ id }) => id));
    const named = await inspectContainers(this.#with.engine, [...byName.keys()]);
    return named
      .filter(({ id }) => !ours.has(id))
      .map(({ name, process }) => ({
        instance: byName.get(name) ?? null,
        what: `There is a container ${name} already`,
        why:
          process === ''
            ? 'No deployment made it'
            : `Another profile than ${this.#with.profile} has it, for its process ${process}`,
        fix: 'Remove that container, or give the process another name, instanceName or instanceSuffix',
      }));
  }

  async stop(units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]> {
    const containers = await this.#containers.list();
    return mapConcurrently(units, this.#with.jobs, async (unit) => {
      for (const container of containers.filter(({ process }) => process === unit.name)) {
        const verdict = await this.#containers.stop(container, unit);
        if (!verdict.ok) return outcomeOf(unit, verdict);
      }
      return outcomeOf(unit, { ok: true });
    });
  }

  readonly awaitsReadiness = ({ activation, readiness }: DeployedUnit): boolean =>
    readiness !== null && fromActivation(activation).readinessCheck !== null;

  async install(next: DeployedProfile | null): Promise<void> {
    if (next === null) return;
    await rememberEngine(this.#with.profile, this.#with.engine.program);
    await this.#provide(next.units);
    await this.#createMissing(next.units);
  }

  async start(units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]> {
    const wanted = await this.#wanted(units);
    const containers = await this.#containers.list();
    const ofUnit = ({ unit }: Wanted): readonly Container[] =>
      containers.filter(({ process }) => process === unit.name);
    const begun = await mapConcurrently(wanted, this.#with.jobs, (each) => this.#containers.begin(each, ofUnit(each)));
    const started = begun.flatMap((result) => (typeof result === 'string' ? [] : [result]));
    const checks = wanted.flatMap(({ unit, data }, index): readonly [string, ReadinessCheck][] => {
      const container = begun[index];
      const { readiness } = unit;
      const { readinessCheck: command } = data;
      return container === undefined || typeof container === 'string' || readiness === null || command === null
        ? []
        : [[container.id, { command, timeout: readiness.timeout, interval: readiness.interval }]];
    });
    const verdicts = await awaitRunning(this.#with.engine, started, new Map(checks));
    return mapConcurrently(wanted, this.#with.jobs, async (each) => {
      const result = begun[wanted.indexOf(each)];
      if (result === undefined || typeof result === 'string') return outcomeOf(each.unit, failed(result ?? ''));
      const verdict = verdicts.get(result.id) ?? failed('its container is gone');
      if (verdict.ok)
        await this.#containers.remove(ofUnit(each).filter(({ id, isUnwatched }) => id !== result.id && !isUnwatched));
      // It must not be restarted for ever; its log stays to be read.
      else await this.#containers.quiet(result.id);
      return outcomeOf(each.unit, verdict.ok ? verdict : failed(explainCommand(verdict.detail, each.data)));
    });
  }

  async restart(changes: readonly UnitChange[]): Promise<readonly UnitOutcome[]> {
    const wanted = await this.#wanted(changes.map(({ after }) => after));
    const containers = await this.#containers.list();
    // What is replaced is stopped when its successor exists; what stays has to be stopped to be started again.
    const kept = wanted.flatMap((each) => {
      const container = containers.find((candidate) => this.#containers.isOf(each, candidate));
      return container === undefined ? [] : [{ unit: each.unit, container }];
    });
    const stopped = await mapConcurrently(kept, this.#with.jobs, async ({ unit, container }) =>
      outcomeOf(unit, await this.#containers.stop(container, unit)),
    );
    const stuck = stopped.filter(({ ok }) => !ok);
    const startable = changes.filter(({ after }) => !stuck.some(({ instance }) => instance === after.instance));
    return [...stuck, ...(await this.start(startable.map(({ after }) => after)))];
  }

  async reload(units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]> {
    const containers = await this.#containers.list();
    return mapConcurrently(units, this.#with.jobs, async (unit) => {
      const container = containers.find((candidate) => candidate.process === unit.name && isUp(candidate));
      if (container === undefined) return outcomeOf(unit, failed('it does not run'));
      const result = await this.#with.engine.run('kill', '--signal', 'HUP', container.id);
      return outcomeOf(unit, result.exitCode === 0 ? { ok: true } : failed(engineWords(result)));
    });
  }

  async finish(next: DeployedProfile | null): Promise<void> {
    const units: ReadonlyMap<string, DeployedUnit> = new Map(next?.units.map((unit) => [unit.name, unit]));
    const obsolete = (await this.#containers.list()).filter(({ process, configuration, name }) => {
      const unit = units.get(process);
      return unit?.fingerprint !== configuration || name !== fromActivation(unit.activation).containerName;
    });
    await this.#containers.remove(obsolete);
    const images = await this.#provide(next?.units ?? []);
    await this.#with.images.keepOnly(new Set(images.map(({ reference }) => reference)));
  }

  async drift({ path, units }: DeployedProfile): Promise<Drift> {
    const wanted = new Set<string>(units.map(({ name }) => name));
    const containers = await this.#containers.list();
    const strays = new Set(containers.map(({ process }) => process).filter((process) => !wanted.has(process)));
    return {
      // A container of another configuration has been told as failed.
      changed: [],
      extras: [...strays].sort().map((name) => {
        const isRunning = containers.some((container) => container.process === name && isUp(container));
        const observation = { state: isRunning ? ('running' as const) : ('stopped' as const), pid: null, since: null };
        return { unit: strayUnit(name, {}, path), observation: { ...observation, detail: null } };
      }),
    };
  }

  async remarks(): Promise<readonly string[]> {
    return this.#with.identity.remarks;
  }

  logs({ activation }: DeployedUnit): LogSource {
    const { program } = this.#with.engine;
    const { containerName } = fromActivation(activation);
    return {
      kind: 'command',
      command: ({ lines, follow }) => [
        program,
        'logs',
        '--tail',
        String(lines),
        ...(follow ? ['--follow'] : []),
        containerName,
      ],
    };
  }

  /** Has the engine know the images of units. */
  async #provide(units: readonly DeployedUnit[]): Promise<readonly ResolvedImage[]> {
    const data = units.map(({ activation }) => fromActivation(activation));
    const machine = await this.#with.machineFor(data);
    const images = data.map((each) => resolveImage(each, machine));
    if (images.length > 0) await this.#with.images.provide(images);
    units.forEach(({ instance }, index) => {
      const image = images[index];
      if (image !== undefined) this.#images.set(instance, image);
    });
    return images;
  }

  async #wanted(units: readonly DeployedUnit[]): Promise<readonly Wanted[]> {
    const unknown = units.filter(({ instance }) => !this.#images.has(instance));
    if (unknown.length > 0) await this.#provide(unknown);
    return units.map((unit) => {
      const image = this.#images.get(unit.instance);
      if (image === undefined) throw new Error(`there is no image for ${unit.instance}`);
      return { unit, data: fromActivation(unit.activation), image };
    });
  }

  /**
   * Makes containers for processes that have none, and may still run elsewhere: what moves here is down for that much less.
   * Why one could not be made is told when it is to be started.
   */
  async #createMissing(units: readonly DeployedUnit[]): Promise<void> {
    const present = new Set((await this.#containers.list()).map(({ process }) => process));
    const missing = await this.#wanted(units.filter(({ name }) => !present.has(name)));
    await mapConcurrently(missing, this.#with.jobs, (wanted) =>
      this.#containers.create(wanted, wanted.data.containerName),
    );
  }
}
