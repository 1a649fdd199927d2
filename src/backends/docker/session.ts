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
import type { Log } from '../../system/ports.js';
import { strayUnit } from '../shared/extra-units.js';
import { fromActivation, type ActivationData } from './activation-data.js';
import { awaitRunning, isAtRest, stopContainer, type ReadinessCheck, type Verdict } from './container-life.js';
import { inspectContainers, isUp, listContainers, type Container } from './containers.js';
import { engineWords, type ContainerEngine } from './engine.js';
import type { ImageStore } from './image/image-store.js';
import type { Identity } from './identity.js';
import { resolveImage, type Machine, type ResolvedImage } from './image/resolve-image.js';
import { labels } from './labels.js';
import { observationOf } from './observation.js';

/** What a session works with. */
export interface DockerSurroundings {
  readonly engine: ContainerEngine;
  readonly images: ImageStore;
  /** The path of the profile's link. */
  readonly profile: string;
  /** Units of a generation that another tool has deployed. */
  readonly foreign: readonly DeployedUnit[];
  /** Directories of the host that containers get whose programs are the host's. */
  readonly hostMounts: readonly string[];
  readonly identity: Identity;
  /** Looks at the machine for what images of these units depend on. */
  readonly machineFor: (units: readonly ActivationData[]) => Promise<Machine>;
  readonly jobs: number;
  readonly log: Log;
}

interface Wanted {
  readonly unit: DeployedUnit;
  readonly data: ActivationData;
  readonly image: ResolvedImage;
}

/** Milliseconds that an engine may take besides to make a container, or to set one up for its start. */
const creationTime = 60_000;

const failed = (detail: string): Verdict => ({ ok: false, detail });

/**
 * Containers that another tool has made for its generation: they have no label, but the names that its units say. Whatever
 * they were made from, they count as what the generation says.
 */
export const containersOfOthers = async (
  engine: ContainerEngine,
  units: readonly DeployedUnit[],
): Promise<readonly Container[]> => {
  const byName = new Map(units.map((unit) => [fromActivation(unit.activation).containerName, unit]));
  return (await inspectContainers(engine, [...byName.keys()])).flatMap((container) => {
    const unit = byName.get(container.name);
    return unit === undefined || container.process !== ''
      ? []
      : [{ ...container, process: unit.name, configuration: unit.fingerprint }];
  });
};

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
  /** Images of the units that were installed. */
  readonly #images = new Map<InstanceName, ResolvedImage>();

  constructor(surroundings: DockerSurroundings) {
    this.#with = surroundings;
    this.startsAtBoot = !surroundings.engine.isPodman;
  }

  async observe(units: readonly DeployedUnit[]): Promise<ReadonlyMap<InstanceName, Observation>> {
    const containers = await this.#containers();
    return new Map(units.map((unit) => [unit.instance, observationOf(unit, containers)]));
  }

  /** Containers of that name that are somebody else's, or another profile's. */
  async collisions(units: readonly DeployedUnit[]): Promise<readonly Collision[]> {
    const byName = new Map(units.map((unit) => [fromActivation(unit.activation).containerName, unit.instance]));
    // Also where nothing of ours is there yet: an engine that only knows its version fails here, before anything is stopped.
    const ours = new Set((await this.#containers()).map(({ id }) => id));
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
    const containers = await this.#containers();
    return mapConcurrently(units, this.#with.jobs, async (unit) => {
      for (const container of containers.filter(({ process }) => process === unit.name)) {
        const verdict = await this.#stop(container, unit);
        if (!verdict.ok) return outcomeOf(unit, verdict);
      }
      return outcomeOf(unit, { ok: true });
    });
  }

  readonly awaitsReadiness = ({ activation, readiness }: DeployedUnit): boolean =>
    readiness !== null && fromActivation(activation).readinessCheck !== null;

  async install(next: DeployedProfile | null): Promise<void> {
    if (next === null) return;
    await this.#provide(next.units);
    await this.#createMissing(next.units);
  }

  async start(units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]> {
    const wanted = await this.#wanted(units);
    const containers = await this.#containers();
    const ofUnit = ({ unit }: Wanted): readonly Container[] =>
      containers.filter(({ process }) => process === unit.name);
    const begun = await mapConcurrently(wanted, this.#with.jobs, (each) => this.#begin(each, ofUnit(each)));
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
        await this.#remove(ofUnit(each).filter(({ id, isUnwatched }) => id !== result.id && !isUnwatched));
      // It must not be restarted for ever; its log stays to be read.
      else await this.#quiet(result.id);
      return outcomeOf(each.unit, verdict.ok ? verdict : failed(explainCommand(verdict.detail, each.data)));
    });
  }

  async restart(changes: readonly UnitChange[]): Promise<readonly UnitOutcome[]> {
    const wanted = await this.#wanted(changes.map(({ after }) => after));
    const containers = await this.#containers();
    // What is replaced is stopped when its successor exists; what stays has to be stopped to be started again.
    const kept = wanted.flatMap((each) => {
      const container = containers.find((candidate) => this.#isOf(each, candidate));
      return container === undefined ? [] : [{ unit: each.unit, container }];
    });
    const stopped = await mapConcurrently(kept, this.#with.jobs, async ({ unit, container }) =>
      outcomeOf(unit, await this.#stop(container, unit)),
    );
    const stuck = stopped.filter(({ ok }) => !ok);
    const startable = changes.filter(({ after }) => !stuck.some(({ instance }) => instance === after.instance));
    return [...stuck, ...(await this.start(startable.map(({ after }) => after)))];
  }

  async reload(units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]> {
    const containers = await this.#containers();
    return mapConcurrently(units, this.#with.jobs, async (unit) => {
      const container = containers.find((candidate) => candidate.process === unit.name && isUp(candidate));
      if (container === undefined) return outcomeOf(unit, failed('it does not run'));
      const result = await this.#with.engine.run('kill', '--signal', 'HUP', container.id);
      return outcomeOf(unit, result.exitCode === 0 ? { ok: true } : failed(engineWords(result)));
    });
  }

  async finish(next: DeployedProfile | null): Promise<void> {
    const units: ReadonlyMap<string, DeployedUnit> = new Map(next?.units.map((unit) => [unit.name, unit]));
    const obsolete = (await this.#containers()).filter(({ process, configuration, name }) => {
      const unit = units.get(process);
      return unit?.fingerprint !== configuration || name !== fromActivation(unit.activation).containerName;
    });
    await this.#remove(obsolete);
    const images = await this.#provide(next?.units ?? []);
    await this.#with.images.keepOnly(new Set(images.map(({ reference }) => reference)));
  }

  async drift({ path, units }: DeployedProfile): Promise<Drift> {
    const wanted = new Set<string>(units.map(({ name }) => name));
    const containers = await this.#containers();
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

  async #containers(): Promise<readonly Container[]> {
    const { engine, profile, foreign } = this.#with;
    return [...(await listContainers(engine, profile)), ...(await containersOfOthers(engine, foreign))];
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

  /** Whether a container is just what a unit wants. */
  #isOf({ unit, image }: Wanted, container: Container): boolean {
    return (
      container.process === unit.name &&
      container.configuration === unit.fingerprint &&
      container.image === image.reference
    );
  }

  /**
   * Makes the container that is wanted take the place of all others of its process, and starts it.
   *
   * @returns it as it was before, or why that failed
   */
  async #begin(wanted: Wanted, present: readonly Container[]): Promise<Container | string> {
    const { engine } = this.#with;
    const { unit, data } = wanted;
    const stranger = await this.#strangerCalled(data.containerName, present);
    if (stranger !== null) return stranger;

    // Podman cannot start a container again whose conmon is gone.
    const unwatched = present.filter(({ isUnwatched }) => isUnwatched);
    for (const container of unwatched) {
      const verdict = await this.#stop(container, unit);
      if (!verdict.ok) return `what has lost its conmon does not stop: ${verdict.detail}`;
    }
    await this.#remove(unwatched);
    const usable = present.filter(({ isUnwatched }) => !isUnwatched);
    const existing = usable.find((candidate) => this.#isOf(wanted, candidate));
    const made = existing ?? (await this.#create(wanted));
    if (typeof made === 'string') return made;
    for (const other of usable.filter(({ id }) => id !== made.id)) {
      const verdict = await this.#stop(other, unit);
      if (!verdict.ok) return `what ran before does not stop: ${verdict.detail}`;
      if (other.name === data.containerName)
        await engine.run('rename', other.id, `${other.name}.${other.id.slice(0, 12)}`);
    }
    if (made.name !== data.containerName) {
      const renamed = await engine.run('rename', made.id, data.containerName);
      if (renamed.exitCode !== 0) return engineWords(renamed);
    }
    if (made.status === 'running') return made;
    const started = await engine.runFor(creationTime, 'start', made.id);
    if (started.exitCode === 0) return made;
    return this.#explainStart(engineWords(started));
  }

  /**
   * Makes containers for processes that have none, and may still run elsewhere: what moves here is down for that much less.
   * Why one could not be made is told when it is to be started.
   */
  async #createMissing(units: readonly DeployedUnit[]): Promise<void> {
    const present = new Set((await this.#containers()).map(({ process }) => process));
    const missing = await this.#wanted(units.filter(({ name }) => !present.has(name)));
    await mapConcurrently(missing, this.#with.jobs, (wanted) => this.#create(wanted, wanted.data.containerName));
  }

  /** @param name the container's, until it takes the place of another one. Default: one that no other container has */
  async #create(
    { unit, data, image }: Wanted,
    name = `${data.containerName}.${unit.fingerprint.slice(0, 8)}-${image.reference.slice(-8)}`,
  ): Promise<Container | string> {
    const { engine, profile, identity, hostMounts } = this.#with;
    const label = (key: string, value: string): readonly string[] => ['--label', `${key}=${value}`];
    const created = await engine.runFor(
      creationTime,
      'create',
      ...['--name', name],
      ...label(labels.profile, profile),
      ...label(labels.instance, unit.instance),
      ...label(labels.process, unit.name),
      ...label(labels.configuration, unit.fingerprint),
      ...label(labels.image, image.reference),
      // What is missing is a mistake of ours, and no image of ours is anywhere else.
      ...['--pull', 'never'],
      ...identity.createArguments,
      ...(data.hostPrograms ? hostMounts.flatMap((path) => ['--volume', `${path}:${path}:ro`]) : []),
      ...data.createArguments,
      image.reference,
      ...data.command,
    );
    if (created.exitCode !== 0) return this.#explainStart(engineWords(created));
    const id = created.stdout.trim().split('\n').at(-1) ?? '';
    const [container] = await inspectContainers(engine, [id]);
    return container ?? 'its container was gone as soon as it was made';
  }

  /** Why a name cannot be taken; null when it can. */
  async #strangerCalled(name: string, ours: readonly Container[]): Promise<string | null> {
    if (ours.some((container) => container.name === name)) return null;
    const [stranger] = await inspectContainers(this.#with.engine, [name]);
    if (stranger === undefined) return null;
    const { program } = this.#with.engine;
    return `there is a container ${name} already, which does not belong to this profile; remove it (${program} rm ${name}), or give one of them another name`;
  }

  #explainStart(words: string): string {
    return /docker-init|catatonit|container-init/.test(words)
      ? `${words}; its engine lacks the small init that --init runs (Debian: apt-get install tini catatonit)`
      : words;
  }

  async #stop(container: Container, { instance }: Pick<DeployedUnit, 'instance'>): Promise<Verdict> {
    if (isAtRest(container)) return { ok: true };
    const { verdict, killed } = await stopContainer(this.#with.engine, container);
    if (killed) {
      this.#with.log.warn(
        `${instance} did not end in the time that it had and was killed (exit code 137); if it needs longer, give it more with dockerCreateParameters: stop-timeout`,
      );
    }
    return verdict;
  }

  async #quiet(id: string): Promise<void> {
    const [container] = await inspectContainers(this.#with.engine, [id]);
    if (container !== undefined) await stopContainer(this.#with.engine, container);
  }

  async #remove(containers: readonly Container[]): Promise<void> {
    await mapConcurrently(containers, this.#with.jobs, async (container) => {
      if (!isAtRest(container)) await stopContainer(this.#with.engine, container);
      const result = await this.#with.engine.runFor(
        container.stopTime * 1000,
        'rm',
        '--force',
        '--volumes',
        container.id,
      );
      if (result.exitCode !== 0) this.#with.log.warn(`the container ${container.name} stays: ${engineWords(result)}`);
    });
  }
}
