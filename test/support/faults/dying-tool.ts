import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResult } from '../../../src/system/ports.js';
import type { Deployment } from '../deployment.js';
import { repository } from '../repository.js';

/** Where the tool is killed: before or after its N-th line in the journal. The first line says what the switch is. */
export interface Moment {
  readonly when: 'before' | 'after';
  readonly line: number;
}

/** Runs the tool of a deployment so that it is killed at a certain moment. */
export interface DyingTool {
  /** Exit code 137, unless it ended before that moment. */
  readonly dieAt: (moment: Moment, ...args: readonly string[]) => Promise<RunResult>;
  /** How many lines the last run has written into its journal. */
  readonly lines: () => Promise<number>;
}

export const makeDyingTool = async (deployment: Deployment): Promise<DyingTool> => {
  const loaded = join(deployment.directory, 'die-at-journal.mjs');
  const count = join(deployment.stateDir, 'journal-lines');
  await copyFile(join(repository, 'test', 'support', 'faults', 'die-at-journal.mjs'), loaded);
  return {
    dieAt: ({ when, line }, ...args) =>
      deployment.run(
        'env',
        ...[`NODE_OPTIONS=--import=${loaded}`, `DIE_AT=${when}:${line}`, `COUNT_FILE=${count}`],
        ...[...deployment.toolWords, ...args],
      ),
    lines: async () => Number(await readFile(count, 'utf8')),
  };
};
