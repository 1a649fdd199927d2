import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { managerNames } from '../../src/backends/registry.js';
import { repository } from '../support/repository.js';
import type { Harness } from './harness.js';

/** Where the tests of a backend say how the contract is to see its manager. */
export const harnessFile = (manager: string): string => join('test', 'backends', manager, 'support', 'harness.ts');

/** The harness of each manager that there is; null for one that has none. */
export const loadHarnesses = async (): Promise<ReadonlyMap<string, Harness | null>> => {
  const harnesses = new Map<string, Harness | null>();
  // One after the other: jest cannot load modules at the same time that import the same ones.
  for (const manager of managerNames) {
    const file = join(repository, harnessFile(manager));
    harnesses.set(manager, existsSync(file) ? ((await import(file)) as { harness: Harness }).harness : null);
  }
  return harnesses;
};

/** A manager that deployments of another one can move to. */
export const partnerOf = (manager: string, harnesses: ReadonlyMap<string, Harness | null>): string => {
  const found = [...harnesses].find(([name, harness]) => harness?.runsAnywhere === true && name !== manager);
  if (found === undefined) throw new Error('no manager runs on every machine');
  return found[0];
};
