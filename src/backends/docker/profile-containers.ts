import type { DeployedUnit } from '../backend.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type { Log, RunResult } from '../../system/ports.js';
import { fromActivation, type ActivationData } from './activation-data.js';
import { isAtRest, stopContainer, type Verdict } from './container-life.js';
import { inspectContainers, listContainers, type Container } from './containers.js';
import { engineWords, type ContainerEngine } from './engine.js';
import type { Identity } from './identity.js';
import type { ImageStore } from './image/image-store.js';
import type { Machine, ResolvedImage } from './image/resolve-image.js';
import { labels } from './labels.js';

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

/** A unit, and what its container is made from. */
export interface Wanted {
  readonly unit: DeployedUnit;
  readonly data: ActivationData;
  readonly image: ResolvedImage;
}

/** Milliseconds that an engine may take besides to make a container, or to set one up for its start. */
const creationTime = 60_000;

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

/** The containers of one profile: makes, starts, stops and removes them. They belong to it by their labels. */
export class ProfileContainers {
  readonly #with: DockerSurroundings;

  constructor(surroundings: DockerSurroundings) {
    this.#with = surroundings;
  }

  /** All of them, those that another tool has made included. */
  async list(): Promise<readonly Container[]> {
    const { engine, profile, foreign } = this.#with;
    return [...(await listContainers(engine, profile)), ...(await containersOfOthers(engine, foreign))];
  }

  /** Whether a container is just what a unit wants. */
  isOf({ unit, image }: Wanted, container: Container): boolean {
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
  async begin(wanted: Wanted, present: readonly Container[]): Promise<Container | string> {
    const { engine } = this.#with;
    const { unit, data } = wanted;
    const stranger = await this.#strangerCalled(data.containerName, present);
    if (stranger !== null) return stranger;

    // Podman cannot start a container again whose conmon is gone.
    const unwatched = present.filter(({ isUnwatched }) => isUnwatched);
    for (const container of unwatched) {
      const verdict = await this.stop(container, unit);
      if (!verdict.ok) return `what has lost its conmon does not stop: ${verdict.detail}`;
    }
    await this.remove(unwatched);
    const usable = present.filter(({ isUnwatched }) => !isUnwatched);
    const existing = usable.find((candidate) => this.isOf(wanted, candidate));
    const made = existing ?? (await this.create(wanted));
    if (typeof made === 'string') return made;
    for (const other of usable.filter(({ id }) => id !== made.id)) {
      const verdict = await this.stop(other, unit);
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
   * Makes a container.
   *
   * @param name the container's, until it takes the place of another one. Default: one that no other container has
   * @returns the container, or why that failed
   */
  async create(
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

  /** Stops a container, and warns where it had to be killed. */
  async stop(container: Container, { instance }: Pick<DeployedUnit, 'instance'>): Promise<Verdict> {
    if (isAtRest(container)) return { ok: true };
    const { verdict, killed } = await stopContainer(this.#with.engine, container);
    if (killed) {
      this.#with.log.warn(
        `${instance} did not end in the time that it had and was killed (exit code 137); if it needs longer, give it more with dockerCreateParameters: stop-timeout`,
      );
    }
    return verdict;
  }

  /** Stops a container that may be gone, so that it is not restarted for ever. */
  async quiet(id: string): Promise<void> {
    const [container] = await inspectContainers(this.#with.engine, [id]);
    if (container !== undefined) await stopContainer(this.#with.engine, container);
  }

  /** Removes containers, also those that run. */
  async remove(containers: readonly Container[]): Promise<void> {
    await mapConcurrently(containers, this.#with.jobs, async (container) => {
      if (!isAtRest(container)) await stopContainer(this.#with.engine, container);
      const remove = (): Promise<RunResult> =>
        this.#with.engine.runFor(container.stopTime * 1000, 'rm', '--force', '--volumes', container.id);
      const first = await remove();
      // Podman 5 only notices then that a container has ended whose conmon had ended before.
      const result = first.exitCode !== 0 && container.isUnwatched ? await remove() : first;
      if (result.exitCode !== 0) this.#with.log.warn(`the container ${container.name} stays: ${engineWords(result)}`);
    });
  }
}
