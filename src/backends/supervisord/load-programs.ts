import { ActivationError } from '../../system/errors.js';
import type { DeployedUnit } from '../backend.js';
import { CollisionError } from '../shared/collisions.js';
import { changeLinks, checkLinks, linkedPrograms } from './program-links.js';
import { programFile } from './render.js';
import type { SupervisordServer } from './server.js';
import { SupervisorFault } from './supervisor-client.js';

/** How what supervisord has loaded differs from the files that it has just read. */
export interface LoadedPrograms {
  /** Programs of which it has another version than the file's. */
  readonly outdated: ReadonlySet<string>;
  /** Programs of ours that are loaded, but no longer have a file. */
  readonly obsolete: readonly string[];
}

const unreadable = (fault: SupervisorFault, { exclusive }: SupervisordServer): ActivationError =>
  new ActivationError(
    {
      what: 'supervisord cannot read its configuration',
      why: fault.message,
      fix: exclusive
        ? 'Correct the property of the process instance that it names'
        : 'Correct what it names, which may be a program of your own',
    },
    { cause: fault },
  );

const defined = ({ name }: DeployedUnit): CollisionError =>
  new CollisionError({
    what: `supervisord already has a program "${name}"`,
    why: 'Another file of its configuration defines it, which does not belong to this deployment',
    fix: 'Give the process another name, or remove the other program',
  });

/**
 * Makes sure that nothing is in the way of programs, in a supervisord that is not ours alone.
 *
 * @param ours programs that may have been loaded by us
 * @throws CollisionError
 */
export const checkPrograms = async (
  { client, programDirectory, exclusive }: SupervisordServer,
  wanted: readonly DeployedUnit[],
  ours: ReadonlySet<string>,
): Promise<void> => {
  if (exclusive) return;
  const targets = new Map(wanted.map(({ name, profile }) => [name, `${profile}/${programFile(name)}`]));
  const linked = checkLinks(programDirectory, targets);
  const loaded = new Set((await client.getAllProcesses()).map(({ group }) => group));
  const foreign = wanted.find(({ name }) => loaded.has(name) && !ours.has(name) && !linked.has(name));
  if (foreign !== undefined) throw defined(foreign);
};

/**
 * Links the files of programs where supervisord reads them, and has it read them. What runs is not touched. When
 * something is wrong, the links are as before.
 *
 * @param ours programs that may have a link of ours; in a directory of our own that is everything there
 * @param repairs whether a file of somebody else that is in the way is moved away
 * @param seen programs that supervisord had when it was last asked, if nothing was said to it since. Default: it is asked
 * @throws ActivationError when another program is in the way, or supervisord cannot read a file or does not look at it
 */
export const loadPrograms = async (
  server: SupervisordServer,
  wanted: readonly DeployedUnit[],
  ours: ReadonlySet<string>,
  repairs: boolean,
  seen: ReadonlySet<string> | null = null,
): Promise<LoadedPrograms> => {
  const { client, programDirectory, exclusive } = server;
  const owned = new Set(exclusive ? [...ours, ...(await linkedPrograms(programDirectory))] : ours);
  const loadedNow = async (): Promise<ReadonlySet<string>> =>
    new Set((await client.getAllProcesses()).map(({ group }) => group));
  // Somebody else may load programs into a supervisord that is not ours alone.
  const loaded = exclusive && seen !== null ? seen : await loadedNow();

  const targets = new Map<string, string | null>([...owned].map((program) => [program, null]));
  for (const { name, profile } of wanted) targets.set(name, `${profile}/${programFile(name)}`);
  const before = await changeLinks(programDirectory, targets, repairs);
  try {
    const foreign = wanted.find(({ name }) => loaded.has(name) && !owned.has(name) && before.get(name) === null);
    if (foreign !== undefined && !exclusive) throw defined(foreign);
    const { added, changed, removed } = await client.reloadConfig();
    const gone = new Set(removed);
    const isOverlooked =
      (known: ReadonlySet<string>) =>
      ({ name }: DeployedUnit): boolean =>
        gone.has(name) || !known.has(name);
    const unseen = wanted.filter(isOverlooked(new Set([...added, ...loaded])));
    const overlooked = unseen.find(isOverlooked(unseen.length === 0 ? loaded : await loadedNow()));
    if (overlooked !== undefined) {
      throw new ActivationError({
        what: `supervisord does not see the program "${overlooked.name}"`,
        why: `It does not read ${programDirectory}/*.conf`,
        fix: 'Add to its supervisord.conf: [include] files = conf.d/*.conf; then restart it',
      });
    }
    return {
      outdated: new Set(changed),
      obsolete: removed.filter((program) => exclusive || owned.has(program)),
    };
  } catch (error) {
    await changeLinks(programDirectory, before);
    // What it could read before it can read again; if it could not, that is no news.
    await client.reloadConfig().catch(() => undefined);
    throw error instanceof SupervisorFault ? unreadable(error, server) : error;
  }
};
