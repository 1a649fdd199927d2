import type { LiveProcess } from '../../system/processes.js';
import type { AfterStop, DeployedUnit, UnitChange } from '../backend.js';
import { activationOf, type AtomicService } from './activation-data.js';
import { runActivity } from './activity.js';
import { awaitEnds, foreignDaemons } from './foreign-daemons.js';
import type { Services } from './live-state.js';
import { serviceStatuses } from './service-status.js';
import { asBundle, isBundle, isLongrun } from './services-of-units.js';
import type { ByService, Scene } from './session-parts.js';
import { defaultStopTime } from './longrun-processes.js';

/** Seconds that a restarted process gets to say that it is ready, when the model does not say it. */
const defaultReadinessTime = 60;

/** What a restart has to know besides what it restarts. */
export interface Restarting {
  readonly services: Services;
  /** See makeLive; null when there was no s6-rc-update. */
  readonly pidsBefore: ByService<number | null> | null;
  readonly afterStop?: AfterStop;
}

/** Restarts what has another definition; everything of a unit whose definition is the same. Returns what went wrong. */
export const restartUnit = async (
  scene: Scene,
  { before, after }: UnitChange,
  { services, pidsBefore, afterStop }: Restarting,
): Promise<string | null> => {
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
      ? await restartLongrun(scene, service, {
          readinessTime: after.readiness?.timeout ?? defaultReadinessTime,
          pidsBefore,
          clear,
        })
      : await restartOneshot(scene, service, { before, after, clear });
    if (problem !== null) return problem;
  }
  return null;
};

/** @param clear to be called when it is down */
const restartLongrun = async (
  { tree: { live, programs } }: Scene,
  { name, notifies, stopTime }: AtomicService,
  {
    readinessTime,
    pidsBefore,
    clear,
  }: Pick<Restarting, 'pidsBefore'> & { readonly readinessTime: number; readonly clear: () => Promise<void> },
): Promise<string | null> => {
  const directory = live.serviceDirectory(name);
  const status = (await serviceStatuses(new Map([[name, directory]]), programs)).get(name);
  const hasRestarted = pidsBefore !== null && pidsBefore.get(name) !== status?.pid;
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
};

/** s6-rc would stop everything that depends on it, so the scripts are run as s6-rc would run them. */
const restartOneshot = async (
  scene: Scene,
  { name }: AtomicService,
  { before, after, clear }: UnitChange & { readonly clear: () => Promise<void> },
): Promise<string | null> => {
  for (const [unit, script] of [
    [before, 'down'],
    [after, 'up'],
  ] as const) {
    const daemons = script === 'down' ? await foreignDaemons([unit], scene.ports) : new Map<string, LiveProcess>();
    const { exitCode, stderr } = await runActivity(scene, unit, name, script);
    const surviving = (await awaitEnds(daemons, scene.ports)).get(unit.name);
    if (surviving !== undefined) return surviving;
    if (exitCode !== 0) return `${script} ended with exit code ${exitCode}\n${stderr.trim()}`.trim();
    if (script === 'down') await clear();
  }
  return null;
};

/** Has a unit read its configuration again. Returns what went wrong. */
export const reloadUnit = async (scene: Scene, unit: DeployedUnit, up: ReadonlySet<string>): Promise<string | null> => {
  const { services, activities } = activationOf(unit);
  const [main] = services;
  if (main === undefined) return asBundle(unit, 'reload');
  if (!up.has(main.name)) return 'it does not run';
  const { live, programs } = scene.tree;
  if (main.kind === 'oneshot' && !activities.reload) return 'it has no process that could read its configuration again';
  const { exitCode, stderr } =
    main.kind === 'longrun'
      ? await programs.run('s6-svc', ['-h', live.serviceDirectory(main.name)])
      : await runActivity(scene, unit, main.name, 'reload');
  return exitCode === 0 ? null : stderr.trim();
};
