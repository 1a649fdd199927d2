import { EvaluationError, UsageError } from '../system/errors.js';
import type { Ports } from '../system/ports.js';
import type { EvaluationRequest } from './evaluation-request.js';
import { parseNixFailure, type NixFailure } from './nix-failure.js';
import { runEvaluation } from './run-evaluation.js';

/** What of a request may be wrong whatever is evaluated. */
type Surroundings = Pick<EvaluationRequest, 'extraParams' | 'includePaths'>;

/** What Nix says of an expression of one value: its JSON text, or why there is none. */
const evaluateText = async (
  text: string,
  options: readonly string[],
  ports: Ports,
): Promise<{ readonly json: string } | { readonly failure: NixFailure }> => {
  const { exitCode, stdout, stderr } = await runEvaluation([...options, '-E', text], ports);
  return exitCode === 0 ? { json: stdout } : { failure: parseNixFailure(stderr) };
};

/** @throws EvaluationError when Nix cannot even write one file to its store */
const checkStore = async (ports: Ports): Promise<void> => {
  const probe = await evaluateText('builtins.toFile "nix-processmgmt-ts-probe" ""', ['--read-write-mode'], ports);
  if ('json' in probe) return;
  throw new EvaluationError({
    what: 'Nix cannot use its store',
    why: probe.failure.message,
    fix: [
      'See that this works: nix-instantiate --eval --read-write-mode -E \'builtins.toFile "probe" ""\'',
      'An ordinary user needs the Nix daemon (on Debian: apt-get install nix-setup-systemd), or a store of their own: NIX_REMOTE=local with NIX_STORE_DIR, NIX_STATE_DIR and NIX_LOG_DIR in directories that they may write to',
    ].join('\n'),
  });
};

/** @throws UsageError when the value of --extra-params is no attribute set */
const checkExtraParams = async ({ extraParams, includePaths }: Surroundings, ports: Ports): Promise<void> => {
  if (extraParams === null) return;
  const probe = await evaluateText(
    `builtins.typeOf (\n${extraParams}\n)`,
    includePaths.flatMap((path) => ['-I', path]),
    ports,
  );
  if ('json' in probe && probe.json.trim() === '"set"') return;
  throw new UsageError({
    what: 'The value of --extra-params is not an attribute set of Nix',
    why: 'json' in probe ? `It is of the type ${probe.json.trim()}` : probe.failure.message,
    fix: "Write it as --extra-params '{ port = 8080; }'",
  });
};

/**
 * Looks for what else could be wrong when a model cannot be evaluated, before the model is blamed.
 *
 * @throws EvaluationError when Nix' store cannot be used
 * @throws UsageError when the value of --extra-params is no attribute set
 */
export const blameSurroundings = async (request: Surroundings, failure: NixFailure, ports: Ports): Promise<void> => {
  // Our own expressions know what is wrong.
  if (failure.explanation !== null) return;
  await checkStore(ports);
  await checkExtraParams(request, ports);
};
