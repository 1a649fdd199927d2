import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buildProcess } from '../profile/build-model.js';
import { UsageError } from '../system/errors.js';
import { isJsonObject, type Json } from '../system/json.js';
import { nixDirectory } from '../system/nix-directory.js';
import { nixString } from '../system/nix-text.js';
import type { CommandContext } from './command.js';
import { evaluationRequest, type BuildArguments } from './build-from-arguments.js';

/** What yargs parsed. */
export interface GenerateConfigurationArguments extends Omit<BuildArguments, 'model' | 'extraParams'> {
  readonly config: string;
  readonly createManagedProcessExpr?: string | undefined;
}

const parse = (text: string): Json => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
};

/** @throws UsageError naming the file that cannot be read */
const readText = (file: string, fix: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError({ what: `${file} cannot be read`, why, fix }, { cause });
  });

/** @throws UsageError for a file that holds no configuration */
const requireConfiguration = async (file: string): Promise<void> => {
  const fix =
    'Name the NAME.json that createManagedProcess makes of a process when its processManager is null: ' +
    'nix-build processes.nix --arg processManager null -A NAME.pkg';
  if (!isJsonObject(parse(await readText(file, fix)))) {
    throw new UsageError({ what: `${file} is not a JSON object`, fix });
  }
};

/**
 * Builds the configuration of a process manager from one that is for none.
 *
 * @param outLink where to make a link to it; null for none
 * @returns its store path
 * @throws UsageError, EvaluationError, ModelError or BuildError
 */
export const generateConfiguration = async (
  { config, createManagedProcessExpr, ...args }: GenerateConfigurationArguments,
  outLink: string | null,
  context: CommandContext,
): Promise<string> => {
  const configFile = resolve(config);
  await requireConfiguration(configFile);
  const paths: Record<string, string> = { configFile };
  if (createManagedProcessExpr !== undefined) {
    const file = resolve(createManagedProcessExpr);
    await readText(file, 'Name a Nix file with --create-managed-process-expr');
    paths['createManagedProcessExpr'] = file;
  }
  const extraParams = `{ ${Object.entries(paths)
    .map(([name, path]) => `${name} = ${nixString(path)};`)
    .join(' ')} }`;
  const model = join(nixDirectory, 'configuration-model.nix');
  const request = await evaluationRequest({ ...args, extraParams }, model, null, context);
  const { path, release } = await buildProcess(request, outLink, context);
  await release();
  return path;
};
