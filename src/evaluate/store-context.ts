import * as z from '../system/schema.js';

/** What must be in the store before the result of an evaluation can be used. */
export interface StoreContext {
  /** Derivations to build, sorted by path. */
  readonly derivations: readonly { readonly path: string; readonly outputs: readonly string[] }[];
  /** Paths that the evaluation itself has put into the store, sorted. */
  readonly sources: readonly string[];
  /** What all of it is called once it is built: the sources, and the derivations' outputs. */
  readonly storePaths: readonly string[];
}

/** What builtins.getContext says of one store path (Nix manual, "String context"). */
const contextElement = z.object({
  path: z.optional(z.boolean()),
  outputs: z.optional(z.array(z.string())),
  allOutputs: z.optional(z.boolean()),
});

/** The output of nix/evaluate.nix and nix/apply-overrides.nix: a JSON document and the context of its text. */
const evaluated = z.object({
  text: z.string(),
  context: z.record(z.string(), contextElement),
  storePaths: z.array(z.string()),
});

/**
 * Reads a text with its context, as nix/text-with-context.nix gives it.
 *
 * @throws ZodError: the Nix expressions and this program do not belong together
 */
export const readEvaluated = (value: unknown): { text: string; context: StoreContext } => {
  // For what is looked at once zod would take longer to write code than to do without.
  const { text, context, storePaths } = evaluated.parse(value, { jitless: true });
  const elements = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    text,
    context: {
      derivations: elements.flatMap(([path, { outputs }]) => (outputs === undefined ? [] : [{ path, outputs }])),
      // A derivation that is mentioned itself, with all its outputs, is a file of the store as well.
      sources: elements.flatMap(([path, element]) =>
        element.path === true || element.allOutputs === true ? [path] : [],
      ),
      storePaths,
    },
  };
};

/** The same for what Nix has printed. */
export const parseEvaluated = (stdout: string): { text: string; context: StoreContext } =>
  readEvaluated(JSON.parse(stdout));
