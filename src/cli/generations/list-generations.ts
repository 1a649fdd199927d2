import { readBuiltProfile } from '../../generations/built-profile.js';
import { historyOf, readDeploymentLog } from '../../generations/deployment-log.js';
import type { DeploymentRecord, DeploymentResult } from '../../generations/deployment-record.js';
import { listGenerations, type Generation } from '../../generations/generations.js';
import { readPins } from '../../generations/pins.js';
import { profileLocation } from '../../generations/profile-location.js';
import type { CommandContext } from '../command.js';
import { formatTable } from '../terminal.js';
import { personOf, revisionOf } from './describe-deployment.js';

/** One row of the list; what is not known is null. */
interface Row {
  readonly number: number;
  readonly created: string;
  readonly manager: string | null;
  readonly processes: number | null;
  readonly current: boolean;
  readonly pinned: boolean;
  /** How its last activation ended. */
  readonly result: DeploymentResult | null;
  readonly message: string | null;
  readonly by: DeploymentRecord['by'] | null;
  readonly model: DeploymentRecord['model'];
  readonly tool: string | null;
  /** What the switch that made it did. */
  readonly steps: DeploymentRecord['steps'] | null;
}

/** The lines of nix-env --list-generations: number, local time, and which one is current. */
const plainList = (generations: readonly Generation[]): string =>
  generations
    .map(({ number, created, isCurrent }) => {
      const two = (value: number): string => String(value).padStart(2, '0');
      const day = [created.getFullYear(), two(created.getMonth() + 1), two(created.getDate())].join('-');
      const time = [created.getHours(), created.getMinutes(), created.getSeconds()].map(two).join(':');
      return `${String(number).padStart(4)}   ${day} ${time}   ${isCurrent ? '(current)' : ''}\n`;
    })
    .join('');

const tableOf = (rows: readonly Row[]): string =>
  formatTable([
    ['GENERATION', 'CREATED', 'MANAGER', 'PROCESSES', 'RESULT', 'BY', 'REVISION', '', 'MESSAGE'],
    ...rows.map(({ number, created, manager, processes, current, pinned, result, message, by, model }) => [
      String(number),
      created,
      manager ?? 'unknown',
      processes === null ? '?' : String(processes),
      result ?? '-',
      by === null ? '-' : personOf(by),
      revisionOf(model),
      [...(current ? ['(current)'] : []), ...(pinned ? ['(pinned)'] : [])].join(' '),
      message ?? '',
    ]),
  ]);

/** Prints the generations of a profile: as a table, as JSON, or in the words of nix-env. */
export const printGenerations = async (
  { profile, json, plain }: { readonly profile: string; readonly json: boolean; readonly plain: boolean },
  { env, print }: CommandContext,
): Promise<void> => {
  const location = profileLocation(profile, env);
  const generations = await listGenerations(location);
  if (plain) {
    print(plainList(generations));
    return;
  }
  const log = await readDeploymentLog(location);
  const pins = new Set(await readPins(location));
  const rows = await Promise.all(
    generations.map(async ({ number, link, created, isCurrent }): Promise<Row> => {
      // A generation that cannot be read must not hide the others.
      const built = await readBuiltProfile(link).catch(() => null);
      const { made, result } =
        built === null ? { made: null, result: null } : historyOf(log, { number, profile: built.path });
      return {
        number,
        created: created.toISOString(),
        manager: built?.manifest.manager ?? null,
        processes: built?.manifest.units.length ?? null,
        current: isCurrent,
        pinned: pins.has(number),
        result,
        message: made?.message ?? null,
        by: made?.by ?? null,
        model: made?.model ?? null,
        tool: made?.tool ?? null,
        steps: made?.steps ?? null,
      };
    }),
  );
  if (json) print(`${JSON.stringify(rows, null, 2)}\n`);
  else if (rows.length > 0) print(tableOf(rows));
};
