import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Deployment } from '../support/deployment.js';
import { processesThatMention } from '../support/processes.js';

/** What a deployment takes of the machine, beside what its services themselves do. */
export interface Footprint {
  /** Command lines that are none of services: supervisors and what helps them. */
  readonly helpers: readonly string[];
  readonly services: number;
  /** Of the supervisor. */
  readonly descriptors: number;
  /** Links that keep something in the store. */
  readonly roots: number;
  /** Files in the profile's directories, in the state directories and among the temporary files, by name. */
  readonly files: readonly string[];
}

const below = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name));
  } catch {
    return [];
  }
};

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;

/** Open descriptors of a process; 0 for none. */
const descriptorsOf = (pid: number | null): number => {
  try {
    return pid === null ? 0 : readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
};

/** Numbers that are others each time. */
const withoutNumbers = (path: string): string =>
  path
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
    .replace(/[0-9a-z]{32}-/g, 'HASH-')
    .replace(/\d+/g, 'N');

/**
 * @param supervisor the PID of what watches over the services; null for nobody
 */
export const footprintOf = (deployment: Deployment, supervisor: number | null): Footprint => {
  const { directory, stateDir, profilesDir } = deployment;
  const running = processesThatMention(directory).map(({ commandLine }) => commandLine);
  const isService = (commandLine: string): boolean => commandLine === 'sleep 100000';
  const roots = join(directory, 'nix', 'var', 'nix', 'gcroots');
  return {
    helpers: running
      .filter((line) => !isService(line))
      .map(withoutNumbers)
      .sort(),
    services: running.filter(isService).length,
    descriptors: descriptorsOf(supervisor),
    roots: below(roots).filter(isLink).length,
    files: [stateDir, profilesDir, join(directory, 'tmp')].flatMap(below).map(withoutNumbers).sort(),
  };
};
