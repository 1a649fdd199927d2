import { setTimeout as sleep } from 'node:timers/promises';
import type { Expectation, Verdict } from './expectations.js';
import { lookAt } from './look-at.js';
import type { ProcessInfo, SupervisorClient } from './supervisor-client.js';

/** Milliseconds between two questions: more when supervisord takes long to answer, since it does nothing else then. */
const shortestPause = 100;

/** Milliseconds after the moment from which supervisord can know more, in which it notices. */
const grace = 10;

/**
 * Waits until there is a verdict on each program. Each question is asked for all of them at once.
 *
 * @param expectations by program
 * @param onLook is told what was seen, each time
 */
export const awaitPrograms = async (
  client: SupervisorClient,
  expectations: ReadonlyMap<string, Expectation>,
  onLook: (groups: ReadonlyMap<string, readonly ProcessInfo[]>) => Promise<void> = () => Promise.resolve(),
): Promise<ReadonlyMap<string, Verdict>> => {
  const verdicts = new Map<string, Verdict>();
  const began = Date.now();
  while (verdicts.size < expectations.size) {
    const asked = performance.now();
    const groups = await lookAt(
      client,
      [...expectations].flatMap(([name, { processes }]) => (verdicts.has(name) ? [] : [{ name, processes }])),
    );
    await onLook(groups);
    for (const [program, { judge, seconds }] of expectations) {
      if (verdicts.has(program)) continue;
      const processes = groups.get(program) ?? [];
      const verdict = judge(processes);
      if (verdict !== null) verdicts.set(program, verdict);
      else if (Date.now() - began > seconds * 1000) {
        const states = processes.map(({ statename }) => statename).join(', ');
        verdicts.set(program, { ok: false, detail: `still ${states} after ${seconds} seconds` });
      }
    }
    if (verdicts.size === expectations.size) break;
    const pause = Math.max(shortestPause, 2 * (performance.now() - asked));
    const due = [...expectations].flatMap(([name, { soonest = 0 }]) =>
      verdicts.has(name) ? [] : [began + soonest * 1000 + grace - Date.now()],
    );
    // No later than the first can be decided on.
    await sleep(Math.min(pause, ...due.filter((left) => left > 0)));
  }
  return verdicts;
};
