import { fetchingFailed } from '../system/nix-words.js';
import type { Attempt, AttemptResult, Evaluate } from './nix-evaluation.js';
import type { NixFailure } from './nix-failure.js';

/** Another way to evaluate a model that failed; each is tried once at most. */
interface Remedy {
  readonly helps: (failure: NixFailure, machine: Machine) => boolean | Promise<boolean>;
  readonly change: Partial<Attempt>;
  /** What to tell the user when it made a difference. */
  readonly note: (failure: NixFailure) => string | null;
}

/** What a remedy may ask about the machine. */
export interface Machine {
  /** Whether <nixpkgs> is on the search path; otherwise programs of this machine stand for it. */
  readonly hasNixpkgs: () => Promise<boolean>;
}

const remedies: readonly Remedy[] = [
  {
    // A directory between the topmost one and an imported file that lets through, but cannot be listed.
    helps: ({ message }) => /^(?:opening|reading) directory|cannot (?:open|read) directory/i.test(message),
    change: { root: null },
    note: () => null,
  },
  {
    // The path to the framework leads nowhere, on disk or over the network: Nix stops before it imports anything.
    helps: ({ message, text }) =>
      /getting (?:status|attributes) of|does not exist|No such file/i.test(message) ||
      fetchingFailed.test(message) ||
      fetchingFailed.test(text),
    change: { provideFramework: true },
    note: ({ message }) => `the model's path to nix-processmgmt leads nowhere (${message}): using our own functions`,
  },
  {
    // Something is imported that has to be built, by programs that a sandbox hides.
    helps: async ({ message }, { hasNixpkgs }) =>
      /^builder for|^build of|failed to build/.test(message) && !(await hasNixpkgs()),
    change: { sandbox: false },
    note: () => null,
  },
  {
    // What is wrong with a port or readiness can mostly be caught inside of Nix, but not always.
    helps: () => true,
    change: { readExtras: false },
    note: ({ message }) => `the port or readiness of an instance cannot be evaluated (${message}): all are left out`,
  },
];

/** The last evaluation that was tried. */
export interface Evaluated {
  readonly attempt: Attempt;
  readonly result: AttemptResult;
  /** What had to be done differently, one sentence each. */
  readonly notes: readonly string[];
}

/** Evaluates a model, and again in another way when it fails for a reason that has one. */
export const evaluateWithRemedies = async (
  evaluate: Evaluate,
  first: Attempt,
  machine: Machine,
): Promise<Evaluated> => {
  let attempt = first;
  let result = await evaluate(attempt);
  const notes: string[] = [];
  for (const { helps, change, note } of remedies) {
    if (result.ok) break;
    const { failure } = result;
    // Our own expressions know what is wrong.
    if (failure.explanation !== null || !(await helps(failure, machine))) continue;
    attempt = { ...attempt, ...change };
    result = await evaluate(attempt);
    const remark = result.ok || result.failure.message !== failure.message ? note(failure) : null;
    if (remark !== null) notes.push(remark);
  }
  return { attempt, result, notes };
};
