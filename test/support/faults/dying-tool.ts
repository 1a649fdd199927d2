import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResult } from '../../../src/system/ports.js';
import * as z from '../../../src/system/schema.js';
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
  /** What the last run has written into its journal: "switch" for the first line, then "begin stop", "done stop" … */
  readonly lines: () => Promise<readonly string[]>;
}

const entry = z.object({ event: z.string(), effect: z.optional(z.object({ action: z.string() })) });

export const makeDyingTool = async (deployment: Deployment): Promise<DyingTool> => {
  const loaded = join(deployment.directory, 'die-at-journal.mjs');
  const copy = join(deployment.stateDir, 'journal-copy');
  await copyFile(join(repository, 'test', 'support', 'faults', 'die-at-journal.mjs'), loaded);
  return {
    dieAt: ({ when, line }, ...args) =>
      deployment.run(
        'env',
        ...[`NODE_OPTIONS=--import=${loaded}`, `DIE_AT=${when}:${line}`, `JOURNAL_COPY=${copy}`],
        ...[...deployment.toolWords, ...args],
      ),
    lines: async () => {
      const [header, ...entries] = (await readFile(copy, 'utf8')).trim().split('\n');
      let action = '';
      return [
        z.object({ command: z.string() }).parse(JSON.parse(header ?? '')).command,
        ...entries.map((line) => {
          const { event, effect } = entry.parse(JSON.parse(line));
          action = effect?.action ?? action;
          return `${event} ${action}`;
        }),
      ];
    },
  };
};
