import { setTimeout as sleep } from 'node:timers/promises';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type { RunResult } from '../../system/ports.js';
import type { DeployedUnit } from '../backend.js';
import { activationOf } from './activation-data.js';
import { runActivity } from './activity.js';
import { changeProblem, wordsOf } from './exit-codes.js';
import type { Services } from './live-state.js';
import { observeDaemon, observeUnit, statusesOf } from './observe-units.js';
import { atomicServices, isLongrun, serviceNames } from './services-of-units.js';
import type { ByService, Scene } from './session-parts.js';
import { defaultStopTime } from './longrun-processes.js';

/** Milliseconds that a process has to stay up before a start counts: s6 starts what dies again, and says nothing. */
const settlingTime = 500;

/** Starts what s6-rc believes to be up and is not: a longrun that s6-svc ended, a daemon that died. */
export const wakeUp = async (scene: Scene, units: readonly DeployedUnit[], services: Services): Promise<void> => {
  const { tree, ports } = scene;
  const { live, programs } = tree;
  const statuses = await statusesOf(scene, units, services);
  const asleep = [...statuses].filter(([name, { up, wantedUp }]) => services.up.has(name) && !up && !wantedUp);
  await mapConcurrently(asleep, ports.jobs, ([name]) =>
    programs.run('s6-svc', ['-wu', '-T', String(defaultStopTime), '-u', live.serviceDirectory(name)], {
      atMost: defaultStopTime,
    }),
  );
  const daemons = units.filter((unit) => activationOf(unit).daemon !== null);
  await mapConcurrently(daemons, ports.jobs, async (unit) => {
    const [main] = activationOf(unit).services;
    if (main === undefined || !services.up.has(main.name)) return;
    const { state } = await observeDaemon(scene, unit, main, services);
    if (state !== 'running') await runActivity(scene, unit, main.name, 'up');
  });
};

/** What s6-rc has said of a change that left services of a unit down; null when none are. */
const refusal = ({ profile }: Scene, unit: DeployedUnit, change: RunResult, { up }: Services): string | null => {
  const missing = serviceNames(profile, [unit]).filter((name) => !up.has(name));
  if (missing.length === 0) return null;
  const said = wordsOf(change);
  const about = said.split('\n').filter((line) => missing.some((name) => line.includes(name)));
  return [changeProblem(change.exitCode), ...(about.length > 0 ? about : [said])].join('\n').trim();
};

/** Milliseconds after which s6-supervise has started what ended just before: it starts nothing twice within a second. */
const longestPause = 1200;

/** Waits for what s6-supervise is about to start: until then it tells how the process before has ended. */
const awaitStarts = async (scene: Scene, units: readonly DeployedUnit[], services: Services): Promise<void> => {
  const end = performance.now() + longestPause;
  for (;;) {
    const statuses = await statusesOf(scene, units, services);
    const isComing = [...statuses.values()].some(({ up, wantedUp }) => !up && wantedUp);
    if (!isComing || performance.now() > end) return;
    await sleep(100);
  }
};

/** Waits until it is clear that processes stay up. Returns what is wrong with those that do not, by their units. */
export const settle = async (
  scene: Scene,
  units: readonly DeployedUnit[],
  change: RunResult,
  services: Services,
): Promise<ReadonlyMap<string, string>> => {
  const failures = new Map<string, string>();
  for (const unit of units) {
    const problem = refusal(scene, unit, change, services);
    if (problem !== null) failures.set(unit.name, problem);
  }
  const upUnits = units.filter(({ name }) => !failures.has(name));
  const judge = async (): Promise<ByService<number | null>> => {
    const statuses = await statusesOf(scene, upUnits, services);
    for (const unit of upUnits) {
      if (failures.has(unit.name)) continue;
      const observation = await observeUnit(scene, unit, services, statuses);
      if (observation.state !== 'running' && observation.state !== 'starting') {
        failures.set(unit.name, observation.detail ?? observation.state);
      }
    }
    return new Map([...statuses].map(([name, { pid }]) => [name, pid]));
  };
  await awaitStarts(scene, upUnits, services);
  const first = await judge();
  if (!atomicServices(upUnits).some(isLongrun)) return failures;
  await sleep(settlingTime);
  const second = await judge();
  for (const unit of upUnits) {
    const [main] = activationOf(unit).services;
    if (main === undefined || failures.has(unit.name)) continue;
    if (first.get(main.name) !== second.get(main.name))
      failures.set(unit.name, 'it ended at once and was started again');
  }
  return failures;
};
