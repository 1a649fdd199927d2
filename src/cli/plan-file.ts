import { readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { addRoot } from '../generations/gc-root.js';
import { parsePlanDocument, type PlanDocument } from '../plan/plan-document.js';
import { writeTextAtomically } from '../state/atomic-file.js';
import { UsageError } from '../system/errors.js';
import type { Ports } from '../system/ports.js';

/** The link beside a plan that keeps the profile that it is about in the store. */
const rootOf = (file: string): string => `${resolve(file)}.profile`;

/**
 * Writes a plan to a file, and makes the link FILE.profile, which keeps what it is about from being collected.
 *
 * @throws ActivationError when either cannot be written
 */
export const writePlan = async (file: string, document: PlanDocument, ports: Pick<Ports, 'run'>): Promise<void> => {
  await addRoot(document.profile.path, rootOf(file), `The plan ${file} cannot be kept`, ports);
  await writeTextAtomically(resolve(file), `${JSON.stringify(document, null, 2)}\n`);
};

/** @throws UsageError when the file cannot be read, or is no plan */
export const readPlan = async (file: string): Promise<PlanDocument> => {
  let text: string;
  try {
    text = await readFile(resolve(file), 'utf8');
  } catch (error) {
    throw new UsageError(
      {
        what: `The plan ${file} cannot be read`,
        why: error instanceof Error ? error.message : String(error),
        fix: 'Make one with: plan --out FILE',
      },
      { cause: error },
    );
  }
  return parsePlanDocument(text, file);
};

/** Removes the link that kept the profile of a plan, which its generation keeps from now on; the plan stays. */
export const releasePlan = (file: string): Promise<void> => rm(rootOf(file), { force: true });
