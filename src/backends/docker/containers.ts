import * as z from '../../system/schema.js';
import { labels } from './labels.js';
import { engineWords, runEngine, type ContainerEngine } from './engine.js';
import { ActivationError } from '../../system/errors.js';

/** A container of ours, as its engine describes it. */
export interface Container {
  readonly id: string;
  readonly name: string;
  /** The name of its process. */
  readonly process: string;
  readonly configuration: string;
  readonly image: string;
  readonly status: string;
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** The engine's own words about why it does not run; "" for none. */
  readonly error: string;
  /** On the host; null when it does not run. */
  readonly pid: number | null;
  /** Of the conmon that watches over it, under Podman; null elsewhere. */
  readonly watcher: number | null;
  /** Its conmon is gone: the engine goes on saying what it said then, and neither sees an end nor can start it again. */
  readonly isUnwatched: boolean;
  /** Milliseconds since the epoch; null when it never started. */
  readonly startedAt: number | null;
  /** How often the engine has restarted it by itself. */
  readonly restarts: number;
  /** Whether the engine restarts it when it ends by itself. */
  readonly isRestarted: boolean;
  /** Seconds that it has to end before it is killed. */
  readonly stopTime: number;
  /** Of its health check; null when it has none. */
  readonly health: 'starting' | 'healthy' | 'unhealthy' | null;
}

// The fields that Docker and Podman have in common.
const inspected = z.object({
  Id: z.string(),
  Name: z.string(),
  RestartCount: z.nullish(z.number()),
  State: z.object({
    Status: z.string(),
    ExitCode: z.number(),
    OOMKilled: z.nullish(z.boolean()),
    Error: z.nullish(z.string()),
    Pid: z.number(),
    ConmonPid: z.nullish(z.number()),
    StartedAt: z.string(),
    Health: z.nullish(z.object({ Status: z.string() })),
    Healthcheck: z.nullish(z.object({ Status: z.string() })),
  }),
  Config: z.object({ StopTimeout: z.nullish(z.number()), Labels: z.nullish(z.record(z.string(), z.string())) }),
  HostConfig: z.object({ RestartPolicy: z.nullish(z.object({ Name: z.string() })) }),
});

/** Of both engines, in seconds. */
const defaultStopTime = 10;

const healthOf = (status: string | undefined): Container['health'] =>
  status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : null;

/** Engines write year 1 for a time that has not come. */
const timeOf = (text: string): number | null => {
  const time = Date.parse(text);
  return Number.isNaN(time) || time <= 0 ? null : time;
};

/**
 * Reads what `inspect` prints.
 *
 * @throws ZodError when it is not in the form that Docker and Podman have
 */
export const parseInspection = (text: string): readonly Container[] =>
  z
    .array(inspected)
    .parse(JSON.parse(text))
    .map(({ Id, Name, RestartCount, State, Config, HostConfig }) => {
      const given = Config.Labels ?? {};
      return {
        id: Id,
        name: Name.replace(/^\//, ''),
        process: given[labels.process] ?? '',
        configuration: given[labels.configuration] ?? '',
        image: given[labels.image] ?? '',
        status: State.Status,
        exitCode: State.ExitCode,
        outOfMemory: State.OOMKilled === true,
        error: State.Error ?? '',
        pid: State.Pid > 0 ? State.Pid : null,
        watcher: State.ConmonPid ?? null,
        isUnwatched: false,
        startedAt: timeOf(State.StartedAt),
        restarts: RestartCount ?? 0,
        isRestarted: !['', 'no'].includes(HostConfig.RestartPolicy?.Name ?? ''),
        stopTime: Config.StopTimeout ?? defaultStopTime,
        health: healthOf((State.Health ?? State.Healthcheck)?.Status),
      };
    });

export const isUp = ({ status }: Container): boolean => status === 'running' || status === 'paused';

const unknown = 'The container engine does not tell about its containers';

const notUnderstood = (engine: ContainerEngine, asked: string, why: string, cause?: unknown): ActivationError =>
  new ActivationError(
    {
      what: unknown,
      why: `Its answer to "${engine.program} ${asked}" cannot be understood: ${why}`,
      fix: `See what the engine says to: ${engine.program} ps --all`,
    },
    { cause },
  );

const inspect = async (engine: ContainerEngine, ids: readonly string[]): Promise<readonly Container[]> => {
  if (ids.length === 0) return [];
  const result = await engine.run('container', 'inspect', ...ids);
  // Whatever it found is printed even when one of them does not exist.
  if (result.exitCode === 0 || /no such|no container/i.test(result.stderr)) {
    try {
      return parseInspection(result.stdout || '[]');
    } catch (error) {
      throw notUnderstood(engine, 'container inspect', error instanceof Error ? error.message : String(error), error);
    }
  }
  throw new ActivationError({
    what: unknown,
    why: engineWords(result),
    fix: `See what the engine says to: ${engine.program} info`,
  });
};

/** What Podman says of a container between its start and the time when it has noticed its end. */
const isWatched = ({ status, watcher }: Container): boolean =>
  watcher !== null && watcher > 0 && ['running', 'paused', 'stopping'].includes(status);

/** Marks those whose conmon is gone, and says of them what is, rather than what Podman has last heard. */
const withLostWatchers = async (
  engine: ContainerEngine,
  containers: readonly Container[],
): Promise<readonly Container[]> => {
  const watched = containers.filter(isWatched);
  if (watched.length === 0) return containers;
  const living = await engine.programs?.(watched.flatMap(({ watcher, pid }) => [watcher ?? 0, pid ?? 0]));
  if (living === undefined || living === null) return containers;
  return containers.map((container) => {
    const { watcher, pid } = container;
    if (!isWatched(container) || living.get(watcher ?? 0) === 'conmon') return container;
    return { ...container, isUnwatched: true, pid: pid !== null && living.has(pid) ? pid : null };
  });
};

/** Looks at containers; those that are gone meanwhile are left out. */
export const inspectContainers = async (
  engine: ContainerEngine,
  ids: readonly string[],
): Promise<readonly Container[]> => {
  const containers = await withLostWatchers(engine, await inspect(engine, ids));
  const doubtful = containers.filter(({ isUnwatched }) => isUnwatched).map(({ id }) => id);
  if (doubtful.length === 0) return containers;
  // It may have ended in good order between two questions: then Podman says so now.
  const again = new Map(
    (await withLostWatchers(engine, await inspect(engine, doubtful))).map((each) => [each.id, each]),
  );
  return containers.flatMap((container) => (container.isUnwatched ? (again.get(container.id) ?? []) : [container]));
};

/** All containers of a profile, running or not, with two calls. */
export const listContainers = async (engine: ContainerEngine, profile: string): Promise<readonly Container[]> => {
  const filter = `label=${labels.profile}=${profile}`;
  const printed = await runEngine(engine, unknown, 'ps', '--all', '--quiet', '--no-trunc', '--filter', filter);
  const ids = printed.split('\n').filter(Boolean);
  const odd = ids.find((id) => !/^[0-9a-f]+$/.test(id));
  if (odd !== undefined) throw notUnderstood(engine, 'ps', `${odd} is no container's ID`);
  return inspectContainers(engine, ids);
};
