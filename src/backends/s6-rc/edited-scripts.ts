import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeTextAtomically } from '../../state/atomic-file.js';
import { mapConcurrently } from '../../system/map-concurrently.js';
import type { ChangedOnDisk, DeployedProfile, Drift } from '../backend.js';
import { activationOf } from './activation-data.js';
import { databaseOf } from './databases.js';
import { isLongrun } from './services-of-units.js';
import type { SessionPorts } from './session-parts.js';
import type { Tree } from './tree.js';

/** Scripts of live services that somebody has edited, with the ones that they were copied from. */
export type EditedScripts = ReadonlyMap<string, string>;

const textOf = (file: string): Promise<string | null> => readFile(file, 'utf8').catch(() => null);

/** What of a profile's live services is not as it was deployed: scripts that somebody has edited, or another database. */
export const changedOnDisk = async (
  { live, place }: Tree,
  { path, units }: Pick<DeployedProfile, 'path' | 'units'>,
  { jobs }: SessionPorts,
): Promise<{ readonly changed: Drift['changed']; readonly edited: EditedScripts }> => {
  const database = await live.database();
  const wanted = databaseOf(path, place);
  const edited = new Map<string, string>();
  const changed = await mapConcurrently(units, jobs, async (unit) => {
    const files = activationOf(unit)
      .services.filter(isLongrun)
      .flatMap(({ name }) =>
        // In a pipeline s6-rc-compile puts a script of its own before the service's.
        ['run', 'run.user'].map((file) => ({
          source: join(wanted, 'servicedirs', name, file),
          copy: join(live.serviceDirectory(name), file),
        })),
      );
    const found: ChangedOnDisk[] = [];
    for (const { source, copy } of files) {
      const [text, original] = await Promise.all([copy, source].map(textOf));
      // A service that is not there at all has been told as absent.
      if (text === null || text === original) continue;
      edited.set(copy, source);
      found.push({ instance: unit.instance, what: `${copy} is not as it was written`, restart: true });
    }
    return found;
  });
  const other: readonly ChangedOnDisk[] =
    database === wanted
      ? []
      : [{ instance: null, what: `s6-rc has another database: ${database ?? 'none'}`, restart: false }];
  return { changed: [...changed.flat(), ...other], edited };
};

/** Writes edited scripts as they were: s6-rc copies definitions only when it gets another database. */
export const restoreScripts = async (edited: EditedScripts): Promise<void> => {
  for (const [copy, source] of edited) {
    const text = await textOf(source);
    // s6-rc may have taken the service away with its database.
    const isThere = await access(copy).then(
      () => true,
      () => false,
    );
    if (text !== null && isThere) await writeTextAtomically(copy, text, 0o755);
  }
};
