import { isJsonObject } from '../../system/json.js';
import type { DeployedProfile, DeployedUnit, Drift, ManagerSession, SessionContext } from '../backend.js';
import { collisionsOf } from '../shared/collisions.js';
import { strayUnit } from '../shared/extra-units.js';
import { activationOf, mainUnitOf, strayActivation, unitsOf } from './activation-data.js';
import { isHidden, type Connection } from './connection.js';
import { installUnits } from './install-units.js';
import { createInstallation } from './installation.js';
import { observeUnits } from './observe-units.js';
import { reloadUnits } from './reload-units.js';
import { remarksAboutLingering, remarksAboutUnits } from './remarks.js';
import { createRestart } from './restart-units.js';
import type { Scope } from './scope.js';
import { startProcesses, startTarget } from './start-units.js';
import { stopProcesses } from './stop-units.js';
import type { Systemctl } from './systemctl.js';
import { targetUnit } from './target-unit.js';
import type { UnitSearch } from './unit-search.js';

/** What somebody has changed of the files, and what is there that no unit of the generation is. */
const findDrift = async (
  { installation, systemctl }: Connection,
  { path, units }: DeployedProfile,
  others: readonly DeployedUnit[],
): Promise<Drift> => {
  const { changed, extras } = await installation.drift(units, others);
  const known = others.filter((unit) => unitsOf(unit).some((name) => extras.includes(name)));
  const unknown = extras.filter((name) => !known.some((unit) => unitsOf(unit).includes(name)));
  const found = [...known, ...unknown.map((name) => strayUnit(name, strayActivation(name), path))];
  const observations = await observeUnits(found, 'state', systemctl, installation);
  return {
    changed,
    extras: found.flatMap((unit) => {
      const observation = observations.get(unit.instance);
      return observation === undefined ? [] : [{ unit, observation }];
    }),
  };
};

/** Talks to one systemd. systemd knows what depends on what: it gets all units at once, and orders them. */
export const createSession = (
  { profileName, profileLink, current, run, log, repair = false }: SessionContext,
  scope: Scope,
  systemctl: Systemctl,
  search: UnitSearch,
): ManagerSession => {
  const installation = createInstallation(scope, profileName, profileLink, current, repair);
  const target = targetUnit(profileName);
  const connection: Connection = {
    ...{ run, log, scope, systemctl, search, installation, target },
    ...{ begun: new Set(), installed: null, targetIsStarted: false },
  };
  return {
    startsAtBoot: true,
    ordersItself: true,
    endsLeftovers: true,
    endsControlGroups: true,
    awaitsReadiness: (unit) => activationOf(unit).awaitsReadiness,
    observe: (units, depth = 'process') => observeUnits(units, depth, systemctl, installation),
    drift: (deployed, others) => findDrift(connection, deployed, others),
    isWanted: (unit) => !activationOf(unit).onlyManualStart && !isHidden(unit, connection),
    remarks: async (units) => [
      ...remarksAboutUnits(units.flatMap(unitsOf), search),
      ...(await remarksAboutLingering(scope)),
    ],
    collisions: (units) => collisionsOf(units, (some) => installation.check(some)),
    start: (units) => startProcesses(connection, units),
    stop: (units) => stopProcesses(connection, units),
    restart: createRestart(connection),
    reload: (units) => reloadUnits(units, systemctl),
    install: (next) => installUnits(connection, next),
    finish: async (next) => {
      // Without the processes that it wants: those that somebody has stopped shall stay so.
      if (next !== null && !connection.targetIsStarted) await startTarget(connection);
    },
    // systemd itself reads it; a daemon that cannot write it does not count as started.
    writtenAtStart: ({ properties: { Service: section = {} } }) => {
      const file = isJsonObject(section) ? section['PIDFile'] : undefined;
      return typeof file === 'string' && file.startsWith('/') ? [file] : [];
    },
    logs: (unit) => ({
      kind: 'command',
      command: ({ lines, follow }) => [
        'journalctl',
        ...['--no-pager', '--output=short-iso', `${scope.unitOption}=${mainUnitOf(unit)}`, `--lines=${lines}`],
        ...(follow ? ['--follow'] : []),
      ],
    }),
    // systemd itself supervises; a unit that runs us in the foreground only waits.
    supervise: null,
  };
};
