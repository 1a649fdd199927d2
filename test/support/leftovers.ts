import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deployment } from './deployment.js';
import { processesThatMention } from './processes.js';

/** What an undeployment must not leave: processes, PID files and sockets. */
export interface Leftovers {
  readonly processes: readonly string[];
  readonly files: readonly string[];
}

export const nothing: Leftovers = { processes: [], files: [] };

/** Looks for what still runs, or pretends to, of a deployment. */
export const findLeftovers = async ({ directory, stateDir }: Deployment): Promise<Leftovers> => {
  const entries = await readdir(stateDir, { recursive: true, withFileTypes: true });
  return {
    processes: processesThatMention(directory).map(({ commandLine }) => commandLine),
    files: entries
      .filter((entry) => entry.isSocket() || entry.name.endsWith('.pid'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort(),
  };
};
