import { readFile, realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { managerNames } from '../backends/registry.js';
import { evaluateIdRequirements, type IdRequirements } from '../evaluate/evaluate-id-requirements.js';
import { readNixFile } from '../evaluate/read-nix-file.js';
import { assignIds, type AssignedIds, type IdChange } from '../ids/assign-ids.js';
import { noAssignments, parseIdAssignments, parseIdPools, type IdAssignments, type IdPool } from '../ids/id-pools.js';
import { idsInNix, idsInXml } from '../ids/write-ids.js';
import { writeTextAtomically } from '../state/atomic-file.js';
import { ModelError, UsageError, unreachable } from '../system/errors.js';
import { toStableJson } from '../system/json.js';
import type { CommandContext } from './command.js';
import { evaluationRequest, type BuildArguments } from './build-from-arguments.js';
import { modelPath } from './settings.js';

/** What yargs parsed of the options of id-assign. */
export interface IdArguments extends BuildArguments {
  readonly idResources: string;
  readonly ids?: string | undefined;
  readonly serviceProperty: string;
  readonly outputFile?: string | undefined;
  readonly outputXml?: boolean | undefined;
  readonly check?: boolean | undefined;
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

const requireFile = async (file: string, what: string, fix: string): Promise<void> => {
  if (!(await exists(file))) throw new UsageError({ what: `There is no file ${file} with ${what}`, fix });
};

const readPools = async (file: string, context: CommandContext): Promise<readonly IdPool[]> => {
  await requireFile(file, 'pools of IDs', 'Name your idresources.nix with --id-resources');
  return parseIdPools(await readNixFile(file, context), file);
};

/** A file that is to be written need not be there the first time. */
const readAssignments = async (
  file: string | null,
  outputFile: string | null,
  context: CommandContext,
): Promise<IdAssignments> => {
  if (file === null || (file === outputFile && !(await exists(file)))) return noAssignments;
  await requireFile(file, 'assigned IDs', 'Leave out --ids the first time');
  return parseIdAssignments(await readNixFile(file, context), file);
};

const warnOfUnknownPools = (
  { pools: requirements }: IdRequirements,
  pools: readonly IdPool[],
  file: string,
  { log }: CommandContext,
): void => {
  const known = new Set(pools.map(({ name }) => name));
  for (const [instance, names] of requirements) {
    for (const name of names.filter((candidate) => !known.has(candidate))) {
      log.warn(`${instance} wants an ID of the pool "${name}", which ${file} does not have`);
    }
  }
};

const describeChange = ({ pool, instance, id, change }: IdChange): string => {
  switch (change) {
    case 'assigned':
      return `${pool}: ${instance} gets ${id}`;
    case 'out of range':
      return `${pool}: ${instance} loses ${id}, which is not in the pool`;
    case 'no longer required':
      return `${pool}: ${id} is free, since ${instance} no longer wants it`;
    default:
      return unreachable(change);
  }
};

/** Pools without instances are the same as pools that are not mentioned. */
const isSame = (a: IdAssignments, b: IdAssignments): boolean => {
  const text = ({ ids, lastAssignments }: IdAssignments): string =>
    toStableJson({
      ids: Object.fromEntries(Object.entries(ids).filter(([, table]) => Object.keys(table).length > 0)),
      lastAssignments,
    });
  return text(a) === text(b);
};

/** Replaces the file that a link leads to, with the mode that it has; leaves it alone when it is as it should be. */
const writeOutput = async (path: string, text: string): Promise<void> => {
  if ((await readFile(path, 'utf8').catch(() => null)) === text) return;
  const file = await realpath(path).catch(() => path);
  const mode = await stat(file).then(
    (found) => found.mode & 0o777,
    () => undefined,
  );
  await writeTextAtomically(file, text, mode);
};

const complainUnlessUpToDate = (before: IdAssignments, after: AssignedIds, file: string): void => {
  if (isSame(before, after)) return;
  const changes = after.changes.map(describeChange);
  throw new ModelError({
    what: `The IDs in ${file} are not up to date`,
    why: changes.length === 0 ? 'It remembers other IDs as the last ones' : changes.join('\n'),
    fix: 'Assign IDs again, without --check',
  });
};

/**
 * Assigns IDs to the instances of the model that the command line names, and writes or checks them.
 *
 * @throws ModelError when the IDs cannot be assigned, or, with `check`, when there is something to assign
 * @throws UsageError for a file that is missing or malformed
 */
export const assignIdsOfModel = async (args: IdArguments, context: CommandContext): Promise<void> => {
  const resources = resolve(args.idResources);
  const outputFile = args.outputFile === undefined ? null : resolve(args.outputFile);
  const check = args.check === true;
  const given = args.ids === undefined ? null : resolve(args.ids);
  const idsFile = given ?? (check ? outputFile : null);
  if (check && idsFile === null) {
    throw new UsageError({ what: 'There are no IDs to check', fix: 'Name the file that holds them with --ids' });
  }
  const pools = await readPools(resources, context);
  const before = await readAssignments(idsFile, outputFile, context);

  const processManager = args.processManager ?? managerNames[0];
  const path = modelPath(args.model, context.env);
  const request = await evaluationRequest({ ...args, processManager }, path, null, context);
  const requirements = await evaluateIdRequirements(request, args.serviceProperty, context);
  for (const note of requirements.notes) context.log.info(`note: ${note}`);
  warnOfUnknownPools(requirements, pools, resources, context);

  const after = assignIds(pools, requirements.pools, before, { resources, ids: idsFile });
  if (check) {
    complainUnlessUpToDate(before, after, idsFile ?? '');
    return;
  }
  for (const change of after.changes) context.log.info(describeChange(change));
  const text = args.outputXml === true ? idsInXml(after) : idsInNix(after);
  if (outputFile === null) context.print(text);
  else await writeOutput(outputFile, text);
};
