/** Exit codes of the command, a contract with scripts (README.md lists them). */
export const exitCodes = {
  success: 0,
  bug: 1,
  usage: 2,
  evaluation: 3,
  model: 4,
  build: 5,
  activationFailed: 6,
  rolledBack: 7,
  managerUnavailable: 8,
  locked: 9,
  interrupted: 10,
  stalePlan: 11,
  testFailed: 12,
  nothingTested: 13,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The three things a person needs to know about a failure. */
export interface Explanation {
  /** What went wrong, naming the culprit; one sentence without a final period. */
  readonly what: string;
  /** Why it is wrong, or the words of the tool that failed; may have several lines. */
  readonly why?: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** A failure that is the user's or the machine's, not ours: it is told in words, without a stack. */
export class ExplainedError extends Error {
  readonly exitCode: ExitCode;
  readonly why: string | undefined;
  readonly fix: string | undefined;

  constructor(exitCode: ExitCode, { what, why, fix }: Explanation, options?: ErrorOptions) {
    super(what, options);
    this.exitCode = exitCode;
    this.why = why;
    this.fix = fix;
    this.name = new.target.name;
  }
}

/** The command line or the environment is wrong (exit code 2). */
export class UsageError extends ExplainedError {
  constructor(explanation: Explanation, options?: ErrorOptions) {
    super(exitCodes.usage, explanation, options);
  }
}

/** Nix could not evaluate the model (exit code 3). */
export class EvaluationError extends ExplainedError {
  constructor(explanation: Explanation, options?: ErrorOptions) {
    super(exitCodes.evaluation, explanation, options);
  }
}

/** The model evaluates, but says something that cannot be (exit code 4). */
export class ModelError extends ExplainedError {
  constructor(explanation: Explanation, options?: ErrorOptions) {
    super(exitCodes.model, explanation, options);
  }
}

/** Nix could not build what the model needs (exit code 5). */
export class BuildError extends ExplainedError {
  constructor(explanation: Explanation, options?: ErrorOptions) {
    super(exitCodes.build, explanation, options);
  }
}

/** The process manager refused or failed (exit code 6). */
export class ActivationError extends ExplainedError {
  constructor(explanation: Explanation, options?: ErrorOptions) {
    super(exitCodes.activationFailed, explanation, options);
  }
}

/** The process manager cannot be reached or is not installed (exit code 8). */
export class ManagerUnavailableError extends ExplainedError {
  constructor(explanation: Explanation, options?: ErrorOptions) {
    super(exitCodes.managerUnavailable, explanation, options);
  }
}

/** A plan that was made earlier is no longer right (exit code 11). */
export class StalePlanError extends ExplainedError {
  constructor(explanation: Explanation, options?: ErrorOptions) {
    super(exitCodes.stalePlan, explanation, options);
  }
}

/** Makes a `switch` over a union exhaustive: a new alternative does not compile until it is handled. */
export const unreachable = (value: never): never => {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
};
