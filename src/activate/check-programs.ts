import { lstatSync, readdirSync, readlinkSync, statSync, type Stats } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Backend } from '../backends/backend.js';
import { lookThrough } from '../backends/shared/launched-program.js';
import type { Conflict } from '../plan/conflict.js';
import type { DeployedUnit, ManifestDirectories } from '../profile/manifest.js';
import { errnoOf } from '../state/file-errors.js';

const lookAt = (path: string): Stats | 'missing' | 'unknown' => {
  try {
    return statSync(path);
  } catch (error) {
    return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '') ? 'missing' : 'unknown';
  }
};

/** Where a link leads that leads nowhere; null for what is no link. */
const lostTarget = (path: string): string | null => {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : null;
  } catch {
    return null;
  }
};

/** How many of the programs beside a missing one are listed. */
const mostNeighbours = 10;

const neighboursOf = (path: string): string => {
  try {
    const names = readdirSync(dirname(path)).sort();
    const more = names.length > mostNeighbours ? ', …' : '';
    return names.length === 0 ? '' : `\nIn that directory: ${names.slice(0, mostNeighbours).join(', ')}${more}`;
  } catch {
    return '';
  }
};

/** Why a file cannot be executed by anybody, as the end of a sentence and in detail; null when it can, or is not seen. */
const obstacleTo = (path: string): { readonly what: string; readonly why: string; readonly fix: string } | null => {
  const found = lookAt(path);
  if (found === 'unknown') return null;
  if (found === 'missing') {
    const target = lostTarget(path);
    return target === null
      ? {
          what: 'does not exist',
          why: `There is no ${basename(path)} in ${dirname(path)}${neighboursOf(path)}`,
          fix: 'Correct the path in the model',
        }
      : {
          what: 'does not exist',
          why: `It is a link to ${target}, which is gone`,
          fix: `Install ${target} again, or deploy the model anew, so that the program is looked for again`,
        };
  }
  if (found.isDirectory()) {
    return { what: 'is a directory', why: 'Only a file can be executed', fix: 'Name the program in it in the model' };
  }
  if ((found.mode & 0o111) !== 0) return null;
  const mode = (found.mode & 0o7777).toString(8).padStart(4, '0');
  return {
    what: 'is not executable',
    why: `Its mode is ${mode}: nobody may execute it`,
    fix: 'Make it executable where the package is built (chmod +x), or name another program in the model',
  };
};

const conflictOfProgram = (instance: DeployedUnit['instance'], path: string, inStore: boolean): readonly Conflict[] => {
  const obstacle = obstacleTo(path);
  if (obstacle === null) return [];
  const { what, why, fix } = obstacle;
  return [
    {
      severity: inStore ? 'error' : 'warning',
      kind: 'program',
      instances: [instance],
      what: `Process instance "${instance}" cannot be started: its program ${path} ${what}`,
      why: inStore ? why : `${why}. Unless its initialize makes it, the start fails`,
      fix,
    },
  ];
};

/** Directories that a deployment makes before it starts anything. */
const madeBefore = (directories: ManifestDirectories, units: readonly DeployedUnit[]): ReadonlySet<string> =>
  new Set([
    ...(Object.values(directories) as readonly string[]),
    ...units.flatMap(({ credentials }) =>
      credentials.users.flatMap(({ homeDir, createHomeDir }) => (createHomeDir && homeDir !== null ? [homeDir] : [])),
    ),
  ]);

/**
 * Looks whether what these units are going to run is there: a program of the store that is not is an error, since nothing
 * can make it; one elsewhere, and a directory, may still be made by a process's `initialize`.
 *
 * @param all every unit that is deployed with them
 * @param directories where the deployment keeps its state
 */
export const checkPrograms = async (
  units: readonly DeployedUnit[],
  { launches }: Pick<Backend, 'launches'>,
  all: readonly DeployedUnit[],
  directories: ManifestDirectories,
): Promise<readonly Conflict[]> => {
  if (launches === undefined) return [];
  const made = madeBefore(directories, all);
  const conflicts: Conflict[] = [];
  for (const unit of units) {
    const { instance, profile } = unit;
    const launched = await launches(unit);
    if (launched === null) continue;
    const { isContained } = launched;
    const { programs, directory: ofScript } = lookThrough(launched.words);
    const directory = launched.directory ?? ofScript;
    const isOfStore = (path: string): boolean => path.startsWith(`${dirname(profile)}/`);
    for (const path of new Set(programs)) {
      if (isContained !== true || isOfStore(path))
        conflicts.push(...conflictOfProgram(instance, path, isOfStore(path)));
    }
    if (directory === null || isContained === true || made.has(directory) || lookAt(directory) !== 'missing') continue;
    conflicts.push({
      severity: 'warning',
      kind: 'directory',
      instances: [instance],
      what: `The directory ${directory}, in which process instance "${instance}" is to run, does not exist`,
      why: 'Unless its initialize makes it, the start fails',
      fix: 'Make it, or correct the path in the model',
    });
  }
  return conflicts;
};
