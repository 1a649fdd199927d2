import { join } from 'node:path';
import { temporaryOptions } from '../state/temporary-names.js';
import { writeTemporaryFile } from '../state/temporary-file.js';
import { unreachable } from '../system/errors.js';
import type { Json, JsonObject } from '../system/json.js';
import { nixOptions } from '../system/nix-options.js';
import { nixDirectory } from '../system/nix-directory.js';
import type { Ports } from '../system/ports.js';
import type { CallingUser } from './calling-user.js';
import type { EvaluationRequest } from './evaluation-request.js';
import type { NixFailure } from './nix-failure.js';
import { runEvaluation } from './run-evaluation.js';

/** One way to evaluate a model. */
export interface Attempt {
  /** The instances to evaluate; null for all. */
  readonly only: readonly string[] | null;
  /** Read the instances' port and readiness. */
  readonly readExtras: boolean;
  /** Pass our own directory as `nix-processmgmt` to whoever wants it. */
  readonly provideFramework: boolean;
  /** The topmost directory that Nix may list to remember imports; null to remember none. */
  readonly root: string | null;
  /** Leave the sandbox of builds as it is configured; else what is built during the evaluation sees this machine. */
  readonly sandbox: boolean;
}

export type AttemptResult =
  /** What Nix printed, for parseEvaluated. */
  | { readonly ok: true; readonly stdout: string; readonly stderr: string }
  | { readonly ok: false; readonly failure: NixFailure };

/** Which expression of ours evaluates the model. */
export type Expression =
  | { readonly file: 'evaluate.nix' }
  | {
      readonly file: 'apply-overrides.nix';
      /** The manager's arguments, by instance. */
      readonly generated: Readonly<Record<string, JsonObject>>;
    }
  | {
      readonly file: 'id-requirements.nix';
      /** The property of an instance that lists pools of IDs. */
      readonly property: string;
    };

/** Hands data to Nix in a file, since a single argument of a program is limited to 128 kB on Linux. */
export const withJsonFile = async <Result>(
  data: Json | null,
  use: (path: string | null) => Promise<Result>,
): Promise<Result> => {
  if (data === null) return use(null);
  const { withFile } = await import('tmp-promise');
  return withFile(({ path }) => {
    writeTemporaryFile(path, JSON.stringify(data));
    return use(path);
  }, temporaryOptions());
};

/** What only one of the expressions takes. */
const argumentsOf = (expression: Expression, generated: string | null, readExtras: boolean): readonly string[] => {
  switch (expression.file) {
    case 'evaluate.nix':
      return ['--arg', 'readExtras', String(readExtras)];
    case 'apply-overrides.nix':
      return generated === null ? [] : ['--argstr', 'generated', generated];
    case 'id-requirements.nix':
      return ['--argstr', 'property', expression.property];
    default:
      return unreachable(expression);
  }
};

/** The command line of one evaluation. */
const evaluationArguments = (
  { exprFile, manager, settings, extraParams, hostPackages, includePaths }: EvaluationRequest,
  caller: CallingUser,
  { readExtras, provideFramework, root }: Attempt,
  { expression, only, generated, trace }: EvaluationInput,
): readonly string[] => [
  '--read-write-mode',
  join(nixDirectory, 'command-line.nix'),
  ...['--argstr', 'file', expression.file],
  ...['--argstr', 'exprFile', exprFile],
  ...['--argstr', 'processManager', manager],
  ...['--argstr', 'settings', JSON.stringify({ ...settings, ...caller })],
  // The user's text sees the redirected names; its relative paths stay relative to the current directory.
  ...(extraParams === null
    ? []
    : ['--arg', 'extraParams', `{ import, scopedImport, builtins, __findFile }:\n${extraParams}`]),
  ...(only === null ? [] : ['--argstr', 'only', only]),
  ...(hostPackages ? ['--arg', 'hostPackages', 'true'] : []),
  ...(provideFramework ? ['--arg', 'provideFramework', 'true'] : []),
  ...(root === null ? [] : ['--argstr', 'root', root]),
  ...(trace ? ['--arg', 'locateFailures', 'true'] : []),
  ...argumentsOf(expression, generated, readExtras),
  ...includePaths.flatMap((path) => ['-I', path]),
];

/** What one evaluation reads besides the model. */
interface EvaluationInput {
  readonly expression: Expression;
  /** JSON files, or null. */
  readonly only: string | null;
  readonly generated: string | null;
  readonly trace: boolean;
}

interface EvaluateOptions {
  /** Default: evaluate.nix. */
  readonly expression?: Expression;
  /** Have Nix say how it came to a failure. Default: false. */
  readonly trace?: boolean;
}

/** Evaluates one model in one way. */
export type Evaluate = (attempt: Attempt, options?: EvaluateOptions) => Promise<AttemptResult>;

export const runNix = async (args: readonly string[], ports: Ports): Promise<AttemptResult> => {
  const result = await runEvaluation(args, ports);
  // Nix prints half a document before it fails.
  if (result.exitCode !== 0) {
    const { parseNixFailure } = await import('./nix-failure.js');
    return { ok: false, failure: parseNixFailure(result.stderr) };
  }
  if (result.malformedStdout === true) {
    const message = 'One of its texts is not UTF-8, which no configuration file of a process manager could carry';
    return { ok: false, failure: { message, positions: [], explanation: null, text: message } };
  }
  return { ok: true, stdout: result.stdout, stderr: result.stderr };
};

/** Whether Nix finds <nixpkgs>, with the user's -I and NIX_PATH. */
export const hasNixpkgs = async (
  { includePaths }: Pick<EvaluationRequest, 'includePaths'>,
  { run }: Ports,
): Promise<boolean> => {
  const options = includePaths.flatMap((path) => ['-I', path]);
  const { exitCode } = await run({ file: 'nix-instantiate', args: ['--find-file', 'nixpkgs', ...options] });
  return exitCode === 0;
};

/** Binds what all evaluations of a model have in common. They throw an EvaluationError when Nix is not installed. */
export const evaluationOf =
  (request: EvaluationRequest, caller: CallingUser, ports: Ports): Evaluate =>
  (attempt, { expression = { file: 'evaluate.nix' }, trace = false }: EvaluateOptions = {}) =>
    withJsonFile(attempt.only, (only) =>
      withJsonFile(expression.file === 'apply-overrides.nix' ? expression.generated : null, (generated) =>
        runNix(
          [
            ...evaluationArguments(request, caller, attempt, { expression, only, generated, trace }),
            ...nixOptions(
              { offline: request.offline, hostPackages: request.hostPackages || !attempt.sandbox, showTrace: trace },
              ports.env,
            ),
          ],
          ports,
        ),
      ),
    );
