import { mapConcurrently } from '../../system/map-concurrently.js';
import type { DeployedUnit, UnitOutcome } from '../backend.js';
import { activationOf, mainUnitOf } from './activation-data.js';
import { callUnits, wordsOf } from './call-units.js';
import type { Systemctl } from './systemctl.js';

/** How many processes are sent a signal at once. */
const concurrency = 8;

const outcomeOf = ({ instance }: DeployedUnit, detail: string | null): UnitOutcome => ({
  instance,
  ok: detail === null,
  detail,
});

/** Has systemd reload those that have a command for it. */
const reloadByCommand = async (
  units: readonly DeployedUnit[],
  systemctl: Systemctl,
): Promise<readonly UnitOutcome[]> => {
  const { refused, jobs, allDone } = await callUnits(systemctl, 'reload', units.map(mainUnitOf));
  if (allDone) return units.map((unit) => outcomeOf(unit, null));
  const properties = await systemctl.show(units.map(mainUnitOf), ['ActiveState', 'ReloadResult']);
  return units.map((unit) => {
    const name = mainUnitOf(unit);
    const of = properties.get(name);
    const isFine = of?.('ActiveState') === 'active' && of('ReloadResult') === 'success';
    return outcomeOf(unit, refused.get(name) ?? (isFine ? null : (jobs.get(name) ?? 'its reload command failed')));
  });
};

/** As init scripts do: most programs read their configuration again. A signal leaves no trace, so each is asked for apart. */
const reloadBySignal = (units: readonly DeployedUnit[], systemctl: Systemctl): Promise<readonly UnitOutcome[]> =>
  mapConcurrently(units, concurrency, async (unit) => {
    const answer = await systemctl.call('kill', '--kill-who=main', '--signal=HUP', '--', mainUnitOf(unit));
    return outcomeOf(unit, answer.exitCode === 0 ? null : wordsOf('kill', answer));
  });

/** Makes processes read their configuration again. */
export const reloadUnits = async (
  units: readonly DeployedUnit[],
  systemctl: Systemctl,
): Promise<readonly UnitOutcome[]> => {
  const isAble = (unit: DeployedUnit): boolean => activationOf(unit).canReload;
  return [
    ...(await reloadByCommand(units.filter(isAble), systemctl)),
    ...(await reloadBySignal(
      units.filter((unit) => !isAble(unit)),
      systemctl,
    )),
  ];
};
