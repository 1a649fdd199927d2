import { join } from 'node:path';
import { blameSurroundings } from '../evaluate/blame-surroundings.js';
import type { EvaluationRequest } from '../evaluate/evaluation-request.js';
import { evaluateWithRemedies } from '../evaluate/evaluate-with-remedies.js';
import { explainFailure } from '../evaluate/explain-failure.js';
import { hasNixpkgs, runNix, withJsonFile, type Attempt, type AttemptResult } from '../evaluate/nix-evaluation.js';
import type { NixFailure } from '../evaluate/nix-failure.js';
import { readAnswer } from '../evaluate/read-answer.js';
import { readEvaluated, type StoreContext } from '../evaluate/store-context.js';
import { topmostReadable } from '../evaluate/topmost-readable.js';
import type { ExplainedError } from '../system/errors.js';
import type { Json, JsonObject } from '../system/json.js';
import { mapConcurrently } from '../system/map-concurrently.js';
import { nixDirectory } from '../system/nix-directory.js';
import { nixOptions } from '../system/nix-options.js';
import type { Ports } from '../system/ports.js';
import {
  nameOf,
  parseEvaluatedItems,
  parseEvaluatedText,
  type Description,
  type EvaluatedItem,
  type EvaluatedText,
  type VariantName,
} from './variant.js';

/** A file of suites to evaluate. */
export interface SuitesRequest extends Pick<
  EvaluationRequest,
  'extraParams' | 'includePaths' | 'hostPackages' | 'offline' | 'showTrace'
> {
  /** Absolute path. */
  readonly suiteFile: string;
  /** What the file is told to make variants for; null: its own choice. */
  readonly managers: readonly string[] | null;
  readonly profiles: readonly string[] | null;
}

/** What came out for one variant. */
export type EvaluatedVariant =
  | {
      readonly kind: 'evaluated';
      readonly variant: VariantName;
      readonly exprFile: string;
      readonly content: EvaluatedText;
      readonly context: StoreContext;
    }
  | { readonly kind: 'not tried' | 'broken'; readonly variant: VariantName; readonly reason: string };

export interface EvaluatedSuites {
  readonly variants: readonly EvaluatedVariant[];
  /** What had to be done differently, one sentence each. */
  readonly notes: readonly string[];
  /** Whether programs of this machine stand for nixpkgs. */
  readonly hostPackages: boolean;
  /**
   * Calls the override functions of models, all in one evaluation.
   *
   * @param generated the manager's arguments by instance, by the name of an attribute path
   * @throws EvaluationError
   */
  readonly applyOverrides: (
    generated: Readonly<Record<string, JsonObject>>,
    attrPaths: readonly (readonly string[])[],
  ) => Promise<readonly EvaluatedItem[]>;
}

/** What of a file of suites is evaluated. */
interface Part {
  /** Attribute paths; null for all. */
  readonly only: readonly (readonly string[])[] | null;
  /** Models and scripts, too. */
  readonly evaluated: boolean;
  /** Generated arguments of override functions, by attribute path; null to evaluate the variants themselves. */
  readonly overrides: Readonly<Record<string, JsonObject>> | null;
  /** Whether what fails shall be seen, rather than that it fails. */
  readonly reveal: boolean;
}

const everything: Part = { only: null, evaluated: true, overrides: null, reveal: false };

const evaluationOf = (request: SuitesRequest, ports: Ports) => {
  const { suiteFile, managers, profiles, extraParams, hostPackages, includePaths, offline, showTrace } = request;
  return (
    { provideFramework, root, sandbox }: Attempt,
    { only, evaluated, overrides, reveal }: Part,
  ): Promise<AttemptResult> =>
    withJsonFile(only as Json, (onlyFile) =>
      withJsonFile(overrides, (overridesFile) =>
        runNix(
          [
            '--read-write-mode',
            join(nixDirectory, 'test-suites.nix'),
            ...['--argstr', 'suiteFile', suiteFile],
            ...(managers === null ? [] : ['--argstr', 'processManagers', JSON.stringify(managers)]),
            ...(profiles === null ? [] : ['--argstr', 'profiles', JSON.stringify(profiles)]),
            ...(extraParams === null
              ? []
              : ['--arg', 'arguments', `{ import, scopedImport, builtins, __findFile }:\n${extraParams}`]),
            ...(onlyFile === null ? [] : ['--argstr', 'only', onlyFile]),
            ...(overridesFile === null ? [] : ['--argstr', 'overrides', overridesFile]),
            ...(reveal ? ['--arg', 'reveal', 'true'] : []),
            ...(evaluated ? [] : ['--arg', 'evaluated', 'false']),
            ...(hostPackages ? ['--arg', 'hostPackages', 'true'] : []),
            ...(provideFramework ? ['--arg', 'provideFramework', 'true'] : []),
            ...(root === null ? [] : ['--argstr', 'root', root]),
            ...includePaths.flatMap((path) => ['-I', path]),
            ...nixOptions({ offline, hostPackages: hostPackages || !sandbox, showTrace }, ports.env),
          ],
          ports,
        ),
      ),
    );
};

const read = (result: AttemptResult & { readonly ok: true }): readonly EvaluatedItem[] =>
  readAnswer(result, parseEvaluatedItems);

/** What is known of a variant that cannot even say which suite it is of. */
const unknownDescription = (attrPath: readonly string[]): Description => {
  const [profile = '', manager = ''] = attrPath.length > 2 ? attrPath.slice(-2) : [];
  return { suite: attrPath.join('.'), profile, manager, exprFile: '', notTried: null };
};

const variantOf = ({ attrPath, description }: EvaluatedItem): VariantName => {
  if (description !== null) return nameOf(attrPath, description);
  if (attrPath.length > 2) return nameOf(attrPath, unknownDescription(attrPath));
  return { attrPath, name: attrPath.join('.'), suite: attrPath.join('.'), profile: '', manager: '' };
};

const inWords = ({ message, why, fix }: ExplainedError): string =>
  [
    message,
    ...(why === undefined || why === '' ? [] : [why.split('\n').join('; ')]),
    ...(fix === undefined ? [] : [fix]),
  ].join(': ');

/** What a variant becomes that cannot be evaluated: it is not the suite's fault that this machine lacks a program. */
const failed = (variant: VariantName, failure: NixFailure, request: SuitesRequest): EvaluatedVariant => {
  if (failure.isLacking === true) {
    const { what, fix } = failure.explanation ?? { what: failure.message };
    // The channel that one could add is told with the command's other notes.
    const install = fix?.split(', or add the nixpkgs channel')[0];
    return { kind: 'not tried', variant, reason: install === undefined ? what : `${what} (${install})` };
  }
  const error = explainFailure(failure, {
    culprit: `The test ${variant.name}`,
    position: null,
    hostPackages: request.hostPackages,
    showTrace: request.showTrace,
  });
  return { kind: 'broken', variant, reason: inWords(error) };
};

const evaluatedVariant = (item: EvaluatedItem): EvaluatedVariant | null => {
  const { description, text, context, storePaths } = item;
  if (description === null) return null;
  const variant = variantOf(item);
  if (description.notTried !== null) return { kind: 'not tried', variant, reason: description.notTried };
  if (text === null) return null;
  const { context: needed } = readEvaluated({ text, context, storePaths });
  return {
    kind: 'evaluated',
    variant,
    exprFile: description.exprFile,
    content: parseEvaluatedText(text),
    context: needed,
  };
};

/** Which variants are looked at. */
export interface Selection {
  /** Beginnings of attribute paths; null for all. */
  readonly attrPaths: readonly (readonly string[])[] | null;
  readonly isWanted: (variant: VariantName) => boolean;
}

type Way = (attempt: Attempt, part: Part) => Promise<AttemptResult>;

/** The variants that there are, where not all can be evaluated together. @throws EvaluationError for the file itself */
const outline = async (
  request: SuitesRequest,
  evaluate: Way,
  attempt: Attempt,
  only: Part['only'],
  ports: Ports,
): Promise<readonly EvaluatedItem[]> => {
  const descriptions: Part = { ...everything, only, evaluated: false };
  const result = await evaluate(attempt, descriptions);
  if (result.ok) return read(result);
  await blameSurroundings(request, result.failure, ports);
  const traced = await evaluationOf({ ...request, showTrace: true }, ports)(attempt, descriptions);
  throw explainFailure(traced.ok ? result.failure : traced.failure, {
    culprit: `The file of test suites ${request.suiteFile}`,
    position: null,
    hostPackages: request.hostPackages,
    showTrace: request.showTrace,
  });
};

/**
 * Evaluates all variants that a file of test suites has, in one evaluation; those that fail once more by themselves, to learn
 * why.
 *
 * @throws EvaluationError when the file itself cannot be evaluated
 * @throws UsageError when the value of --extra-params is no attribute set
 */
export const evaluateSuites = async (
  request: SuitesRequest,
  { attrPaths, isWanted }: Selection,
  ports: Ports,
): Promise<EvaluatedSuites> => {
  const evaluate = evaluationOf(request, ports);
  const plainly: Attempt = {
    only: null,
    readExtras: true,
    provideFramework: false,
    root: topmostReadable(request.suiteFile),
    sandbox: true,
  };
  const machine = { hasNixpkgs: () => hasNixpkgs(request, ports) };
  const together = await evaluateWithRemedies(
    (way) => evaluate(way, { ...everything, only: attrPaths }),
    plainly,
    machine,
  );
  const { attempt } = together;
  // What fails in a way that Nix cannot catch is found by looking at each variant alone.
  const items = together.result.ok
    ? read(together.result)
    : await outline(request, evaluate, attempt, attrPaths, ports);
  const alone = async (item: EvaluatedItem): Promise<EvaluatedVariant> => {
    const result = await evaluate(attempt, { ...everything, only: [item.attrPath], reveal: true });
    if (!result.ok) return failed(variantOf(item), result.failure, request);
    const [found] = read(result).map(evaluatedVariant);
    return found ?? { kind: 'broken', variant: variantOf(item), reason: 'Nothing is known of it' };
  };
  const variants = await mapConcurrently(
    items.filter((item) => isWanted(variantOf(item))),
    2,
    async (item) => evaluatedVariant(item) ?? (await alone(item)),
  );
  return {
    variants,
    notes: together.result.ok ? together.notes : [],
    hostPackages: request.hostPackages || !(await machine.hasNixpkgs()),
    applyOverrides: async (generated, only) => {
      const result = await evaluate(attempt, { ...everything, only, overrides: generated, reveal: true });
      if (result.ok) return read(result);
      throw explainFailure(result.failure, {
        culprit: `An override of a model in ${request.suiteFile}`,
        position: null,
        hostPackages: request.hostPackages,
        showTrace: request.showTrace,
      });
    },
  };
};
