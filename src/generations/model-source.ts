import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Ports } from '../system/ports.js';
import { MissingProgramError } from '../system/run.js';
import type { ModelSource } from './deployment-record.js';

/** Milliseconds that Git may take to compare a working tree: a switch does not wait for it longer than that. */
const patience = 10_000;

/** Reads the output of `git status --porcelain=v2 --branch` (git-status(1)); null when there is no commit yet. Pure. */
export const parseGitStatus = (text: string): ModelSource['revision'] => {
  const lines = text.split('\n').filter((line) => line !== '');
  const commit = lines
    .map((line) => /^# branch\.oid ([0-9a-f]{40,64})$/.exec(line)?.[1])
    .find((id) => id !== undefined);
  return commit === undefined ? null : { commit, dirty: lines.some((line) => !line.startsWith('# ')) };
};

/** Whether Git could find a repository there: a look at some directories, where Git itself takes as long as Nix. */
const mayBeInRepository = (directory: string, env: Ports['env']): boolean => {
  if (env['GIT_DIR'] !== undefined) return true;
  for (let above = realpathSync(directory); ; above = dirname(above)) {
    if (existsSync(join(above, '.git'))) return true;
    if (above === dirname(above)) return false;
  }
};

/**
 * Finds out which version of a model is deployed. Git may refuse to look at a repository of somebody else's: that is its
 * protection against programs that a repository's configuration names, and the revision stays unknown.
 *
 * @param path absolute path of the model's file
 */
export const modelSource = async (path: string, { run, env, log }: Ports): Promise<ModelSource> => {
  if (!mayBeInRepository(dirname(path), env)) return { path, revision: null };
  try {
    const { exitCode, stdout, stderr, timedOut } = await run({
      file: 'git',
      args: ['--no-optional-locks', '-C', dirname(path), 'status', '--porcelain=v2', '--branch'],
      timeout: patience,
    });
    if (exitCode === 0 && !timedOut) return { path, revision: parseGitStatus(stdout) };
    log.debug(`the revision of ${path} is not known: ${timedOut ? 'Git took too long' : stderr.trim()}`);
  } catch (error) {
    if (!(error instanceof MissingProgramError)) throw error;
  }
  return { path, revision: null };
};
