import { describeDrift, extraReason, findDrift } from '../activate/find-drift.js';
import type { Observation } from '../backends/backend.js';
import type { ManagerName } from '../model/process-model.js';
import type { DeployedUnit } from '../profile/manifest.js';
import type { Ports } from '../system/ports.js';
import type { Json } from '../system/json.js';
import { tellStrays } from '../activate/tell-strays.js';
import { observe, type CurrentDeployment } from './current-deployment.js';
import { formatTable, paint } from './terminal.js';

/** What is said of one process. */
export interface StatusRow {
  readonly manager: ManagerName;
  readonly unit: DeployedUnit;
  readonly observation: Observation;
  /** In what it is not as the generation says, beyond its state; a sentence each. */
  readonly drift: readonly string[];
  /** It runs although the generation does not have it. */
  readonly extra: boolean;
  /** It runs, or is not meant to. What belongs to no generation does not count. */
  readonly isAsItShould: boolean;
}

/**
 * Looks at what runs, and at what somebody has changed since the last switch.
 *
 * @param selected the units that are asked for; null for all, and for what is there besides
 * @returns `notes`: what is wrong with the profile as a whole; `loss`: what is missing of the manager, and what to do; null for
 *   nothing
 */
export const lookAtDeployment = async (
  deployment: CurrentDeployment,
  selected: readonly DeployedUnit[] | null,
  ports: Pick<Ports, 'run'>,
): Promise<{
  readonly rows: readonly StatusRow[];
  readonly notes: readonly string[];
  readonly loss: string | null;
}> => {
  const { location, deployed, sessions } = deployment;
  const session = sessions.of(deployed.manager);
  const all = await observe(deployment);
  const observed = all.filter(({ unit }) => selected?.includes(unit) !== false);
  // Before anything else is asked.
  const missing = session.loss?.() ?? null;
  const loss =
    missing === null
      ? null
      : `${missing}; ${
          session.requireReturn === undefined
            ? 'bring back all that should run with: nix-processmgmt-ts switch, or start NAME'
            : 'start it again: it starts anew what should run'
        }`;
  const strays = await tellStrays(deployed, all, sessions, ports);
  const { changed, extras } = await findDrift(location, deployed, sessions);
  const rows = observed.map(({ manager, unit, observation }): StatusRow => {
    const isWanted = session.isWanted?.(unit) !== false;
    const { state, detail, rests } = observation;
    const stopped = state === 'stopped' && detail === null && rests !== true && isWanted;
    return {
      manager,
      unit,
      observation,
      drift: [
        ...(stopped ? ['somebody has stopped it'] : []),
        ...changed.filter(({ instance }) => instance === unit.instance).map(({ what }) => what),
        ...[strays.get(unit.instance)].filter((sentence) => sentence !== undefined),
      ],
      extra: false,
      isAsItShould: observation.state === 'running' || !isWanted,
    };
  });
  if (selected !== null) return { rows, notes: [], loss };
  return {
    loss,
    rows: [
      ...rows,
      ...extras.map(({ unit, observation }): StatusRow => ({
        manager: deployed.manager,
        unit,
        observation,
        drift: [extraReason],
        extra: true,
        isAsItShould: true,
      })),
    ],
    notes: describeDrift({ changed: changed.filter(({ instance }) => instance === null), extras: [] }),
  };
};

const timeOf = ({ since }: Observation): string | null => (since === null ? null : new Date(since).toISOString());

/** For programs: one object for each process. */
export const statusAsJson = (rows: readonly StatusRow[]): Json =>
  rows.map(({ manager, unit, observation, drift, extra }) => ({
    instance: unit.instance,
    name: unit.name,
    manager: manager,
    state: observation.state,
    pid: observation.pid,
    since: timeOf(observation),
    detail: observation.detail,
    port: unit.port,
    drift,
    extra,
  }));

/** For people. */
export const statusTable = (rows: readonly StatusRow[], colour: boolean): string =>
  formatTable([
    ['INSTANCE', 'MANAGER', 'STATE', 'PID', 'SINCE', ''],
    ...rows.map(({ manager, unit, observation, drift }) => [
      unit.instance,
      manager,
      observation.state,
      observation.pid === null ? '-' : String(observation.pid),
      timeOf(observation) ?? '-',
      [...(observation.detail === null ? [] : [observation.detail]), ...drift].join('; '),
    ]),
  ])
    .replace(/ (running|starting) /g, (text) => paint(text, 'green', colour))
    .replace(/ (failed|absent) /g, (text) => paint(text, 'red', colour));
