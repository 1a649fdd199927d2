import type { Family } from '../leftovers/family.js';
import { judgeLeftovers } from '../leftovers/judge-leftovers.js';
import { leftoverPolicy } from '../model/leftovers.js';
import type { DeployedUnit } from '../profile/manifest.js';
import { endProcesses } from '../system/end-processes.js';
import { listenersAmong } from '../system/listening-sockets.js';
import type { Ports } from '../system/ports.js';
import { commandLineOf, livingAmong, type ProcessFacts } from '../system/process-list.js';
import { maskSecrets } from '../system/secrets.js';
import { visibleLine } from '../system/visible-text.js';

/** Seconds that what is left has to end, where the model says nothing: as long as its process had. */
const defaultPatience = 10;

/** How many processes a message names. */
const mentioned = 5;

/** The ports at which a new version would not be told from an old helper. */
export const portsOf = ({ port, readiness, ownNetwork }: DeployedUnit): ReadonlySet<number> => {
  if (ownNetwork === true) return new Set();
  const probe = readiness?.probe;
  const probed = probe?.kind === 'port' || probe?.kind === 'http' ? [probe.port] : [];
  return new Set([...(port === null ? [] : [port]), ...probed]);
};

/** A list of processes for a message: "process 17 (sleep 1000), process 18 (cat)". */
export const describeProcesses = async (some: readonly ProcessFacts[], run: Ports['run']): Promise<string> => {
  const words = await Promise.all(
    some.slice(0, mentioned).map(async ({ pid }) => {
      const words = await commandLineOf(pid, run);
      const command = words === null ? null : visibleLine(maskSecrets(words));
      if (command === null) return `process ${String(pid)}`;
      return `process ${String(pid)} (${command.length > 80 ? `${command.slice(0, 79)}…` : command})`;
    }),
  );
  const more = some.length - mentioned;
  return [...words, ...(more > 0 ? [`${String(more)} more`] : [])].join(', ');
};

/**
 * Ends what is left of a unit that has ended, or tells of it, as the model says.
 *
 * @param family what belonged to it
 * @param now the processes that there are
 */
export const endLeftovers = async (
  unit: DeployedUnit,
  family: Family,
  now: readonly ProcessFacts[],
  { run, log }: Pick<Ports, 'run' | 'log'>,
): Promise<void> => {
  const here = new Map(now.map((facts) => [facts.pid, facts]));
  const left = family.members.filter(({ pid, startTime }) => here.get(pid)?.startTime === startTime);
  if (left.length === 0) return;
  const { instance, leftovers, endsAlone, stopTimeout = defaultPatience } = unit;
  const listeners = await listenersAmong(
    left.map(({ pid }) => pid),
    portsOf(unit),
  );
  const { end, stay } = judgeLeftovers(left, family, listeners, leftoverPolicy(leftovers, endsAlone === true));
  if (end.length > 0) log.info(`${instance} left behind, and ended now: ${await describeProcesses(end, run)}`);
  const stubborn = await endProcesses(
    end.map((facts) => ({ ...facts, milliseconds: stopTimeout * 1000 })),
    run,
  );
  if (stubborn.length > 0)
    log.warn(`${instance} left behind, and nobody could end: ${await describeProcesses(stubborn, run)}`);
  const remaining = leftovers === 'keep' ? [] : await livingAmong(stay, run);
  if (remaining.length === 0) return;
  log.warn(
    `${instance} left behind: ${await describeProcesses(remaining, run)}\n` +
      'Let the instance say leftovers = "end" to have them ended with it, or leftovers = "keep" to be told nothing of them',
  );
};
