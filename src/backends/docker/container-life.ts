import { setTimeout as sleep } from 'node:timers/promises';
import { inspectContainers, isUp, type Container } from './containers.js';
import { engineWords, type ContainerEngine } from './engine.js';
import { NoAnswerError } from '../shared/manager-answers.js';
import { describeExit } from './exit-code.js';

/** What became of a container that was told to do something. */
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly detail: string };

const fine: Verdict = { ok: true };

/** Milliseconds that a container has to stay up to count as running. */
const settlingTime = 1000;
/** Milliseconds that a health check of the model's own may take until it passes for the first time. */
const healthTime = 60_000;
const pause = 100;

/** The last lines that a container printed; "" for none. */
export const lastLines = async (engine: ContainerEngine, id: string, lines = 10): Promise<string> => {
  const { stdout, stderr } = await engine.run('logs', '--tail', String(lines), id);
  return `${stdout}${stderr}`.trimEnd();
};

const endingOf = ({ exitCode, outOfMemory, error }: Container): string =>
  error === '' ? describeExit(exitCode, outOfMemory) : error;

/** How a container ends that is restarted again and again: while it is up, its engine does not know. */
const repeatedEnding = async (engine: ContainerEngine, id: string): Promise<string> => {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const [now] = await inspectContainers(engine, [id]);
    if (now === undefined) break;
    if (!isUp(now)) return endingOf(now);
    await sleep(pause / 2);
  }
  return 'it ended and was started again';
};

const explainFailure = async (engine: ContainerEngine, { id }: Container, why: string | null): Promise<Verdict> => {
  const detail = why ?? `it does not stay up: ${await repeatedEnding(engine, id)}`;
  const log = await lastLines(engine, id);
  return { ok: false, detail: log === '' ? detail : `${detail}; its last lines:\n${log}` };
};

/** How to see whether what runs in a container is ready. */
export interface ReadinessCheck {
  /** What to run in the container; exit code 0 says that it is ready. */
  readonly command: readonly string[];
  /** Seconds. */
  readonly timeout: number;
  readonly interval: number;
}

/** Looks again and again; returns why it is not ready when the time is over, or when the container has ended. */
const awaitReady = async (
  engine: ContainerEngine,
  { id }: Container,
  { command, timeout, interval }: ReadinessCheck,
): Promise<Verdict> => {
  const end = performance.now() + timeout * 1000;
  for (;;) {
    const { exitCode, stderr } = await engine
      .runFor(Math.max(0, end - performance.now()), 'exec', id, ...command)
      .catch((error: unknown) => {
        if (error instanceof NoAnswerError)
          return { exitCode: 1, stderr: 'what looks whether it is ready does not end' };
        throw error;
      });
    if (exitCode === 0) {
      // Podman would go on calling it "starting" until its own next look, which never comes where there is no systemd.
      if (engine.isPodman) await engine.runFor(Math.max(0, end - performance.now()), 'healthcheck', 'run', id);
      return fine;
    }
    const [now] = await inspectContainers(engine, [id]);
    if (now === undefined || !isUp(now)) {
      const how = now === undefined ? 'its container is gone' : endingOf(now);
      return { ok: false, detail: `it ended before it was ready: ${how}` };
    }
    if (performance.now() + interval * 1000 >= end) {
      const words = stderr.trim().split('\n').at(-1) ?? '';
      return { ok: false, detail: `it was not ready within ${timeout} s: ${words}` };
    }
    await sleep(interval * 1000);
  }
};

/** Whether a container does what it should, not yet (null), or why it never will (null: it is restarted again and again). */
const judge = (
  now: Container | undefined,
  restartsBefore: number,
  elapsed: number,
  hasCheck: boolean,
): { readonly ok: true } | { readonly ok: false; readonly why: string | null } | null => {
  if (now === undefined) return { ok: false, why: 'its container is gone' };
  const { status, restarts, health, exitCode, isRestarted } = now;
  if (restarts > restartsBefore) return { ok: false, why: null };
  if (status === 'exited' && exitCode === 0 && !isRestarted) return { ok: true };
  if (status === 'paused') return { ok: false, why: 'its container is paused' };
  if (status !== 'running')
    return { ok: false, why: isRestarted ? `it does not stay up: ${endingOf(now)}` : endingOf(now) };
  // Whether it is ready is asked afterwards, and sooner than the engine does.
  if (hasCheck) return elapsed >= settlingTime ? { ok: true } : null;
  if (health === 'unhealthy') return { ok: false, why: 'its health check fails' };
  if (health === 'starting') {
    return elapsed < healthTime
      ? null
      : { ok: false, why: `its health check has not passed within ${healthTime / 1000} seconds` };
  }
  return health === 'healthy' || elapsed >= settlingTime ? { ok: true } : null;
};

/**
 * Waits until containers that were just started run: for a second, or until their health checks pass. All are looked at
 * with one call.
 *
 * @param started containers as they were before they were started
 * @param checks by the containers' IDs
 */
export const awaitRunning = async (
  engine: ContainerEngine,
  started: readonly Container[],
  checks: ReadonlyMap<string, ReadinessCheck> = new Map(),
): Promise<ReadonlyMap<string, Verdict>> => {
  const verdicts = new Map<string, Verdict>();
  const begin = Date.now();
  let waiting = started;
  while (waiting.length > 0) {
    const elapsed = Date.now() - begin;
    const now = new Map(
      (
        await inspectContainers(
          engine,
          waiting.map(({ id }) => id),
        )
      ).map((each) => [each.id, each]),
    );
    const undecided: Container[] = [];
    for (const container of waiting) {
      const verdict = judge(now.get(container.id), container.restarts, elapsed, checks.has(container.id));
      if (verdict === null) undecided.push(container);
      else verdicts.set(container.id, verdict.ok ? fine : await explainFailure(engine, container, verdict.why));
    }
    waiting = undecided;
    if (waiting.length > 0) await sleep(pause);
  }
  await Promise.all(
    started.map(async (container) => {
      const check = checks.get(container.id);
      if (check === undefined || verdicts.get(container.id)?.ok !== true) return;
      const verdict = await awaitReady(engine, container, check);
      verdicts.set(container.id, verdict.ok ? verdict : await explainFailure(engine, container, verdict.detail));
    }),
  );
  return verdicts;
};

/** How a container that was stopped ended. */
export interface Ending {
  readonly verdict: Verdict;
  /** True when it had to be killed. */
  readonly killed: boolean;
}

/**
 * Whether a container has ended for good. For Podman one that is "stopped" has yet to be cleaned up, which is when it is
 * restarted; only "exited" is final. Of one without a conmon, Podman notices no end at all.
 */
export const isAtRest = ({ status, isUnwatched, pid }: Container): boolean =>
  (isUnwatched && pid === null) || ['created', 'configured', 'initialized', 'exited', 'dead'].includes(status);

/**
 * Stops a container with the signal and the time that it has for that, and makes sure that it stays down: Podman's own
 * `stop` has no effect on one that is between two restarts.
 */
export const stopContainer = async (engine: ContainerEngine, container: Container): Promise<Ending> => {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const stopped = await engine.runFor(container.stopTime * 1000, 'stop', container.id);
    const [now] = await inspectContainers(engine, [container.id]);
    if (now === undefined || isAtRest(now)) {
      return { verdict: fine, killed: isUp(container) && now?.exitCode === 137 };
    }
    if (stopped.exitCode !== 0 && isUp(now)) {
      return { verdict: { ok: false, detail: engineWords(stopped) }, killed: false };
    }
    await sleep(pause);
  }
  return { verdict: { ok: false, detail: 'its container is restarted as often as it is stopped' }, killed: false };
};
