import * as z from '../system/schema.js';

/** What a suite says of one of its variants without the model being evaluated (nix/test-variant.nix). */
const description = z.object({
  suite: z.string(),
  profile: z.string(),
  manager: z.string(),
  exprFile: z.string(),
  notTried: z.nullable(z.string()),
});

const phase = z.object({
  name: z.enum(['initialTests', 'readiness', 'tests', 'postTests']),
  instance: z.nullable(z.string()),
  script: z.string(),
});

const user = z.object({
  name: z.string(),
  uid: z.optional(z.number()),
  group: z.optional(z.string()),
  home: z.optional(z.string()),
  shell: z.optional(z.string()),
  extraGroups: z.optional(z.array(z.string())),
});

/** What the machine of a variant has to be like, and what is done in it. */
const machine = z.object({
  params: z.record(z.string(), z.json()),
  packages: z.array(z.string()),
  users: z.array(user),
  instances: z.array(z.string()),
  phases: z.array(phase),
});

/** An item of what nix/test-suites.nix prints. */
const evaluatedItem = z.object({
  attrPath: z.array(z.string()),
  description: z.nullable(description),
  text: z.nullable(z.string()),
  context: z.nullable(z.json()),
  storePaths: z.nullable(z.array(z.string())),
});

/** The text of such an item: a machine, and the model with what it was called with. */
const evaluatedText = z.extend(machine, {
  settings: z.record(z.string(), z.union([z.string(), z.boolean()])),
  model: z.string(),
});

/** A variant that nix/test-derivation.nix has built. */
const builtItem = z.extend(machine, { ...description.shape, attrPath: z.array(z.string()), profilePath: z.string() });

export type Description = z.infer<typeof description>;
export type Machine = z.infer<typeof machine>;
export type EvaluatedItem = z.infer<typeof evaluatedItem>;
export type EvaluatedText = z.infer<typeof evaluatedText>;

/** @throws ZodError: the Nix expressions and this program do not belong together */
export const parseEvaluatedItems = (stdout: string): readonly EvaluatedItem[] =>
  z.array(evaluatedItem).parse(JSON.parse(stdout));

/** @throws ZodError, likewise */
export const parseEvaluatedText = (text: string): EvaluatedText => evaluatedText.parse(JSON.parse(text));

/** One suite under one manager in one profile, by name: "nginx.privileged.systemd". */
export interface VariantName {
  /** Where it is in the file that composes suites. */
  readonly attrPath: readonly string[];
  readonly name: string;
  readonly suite: string;
  readonly profile: string;
  readonly manager: string;
}

/** A variant whose system is in the store. */
export interface BuiltVariant extends VariantName {
  readonly machine: Machine;
  /** The profile that is deployed. */
  readonly profilePath: string;
}

/** What is known of a variant before anything is run: it can be run, or why not. */
export type Prospect =
  | { readonly kind: 'ready'; readonly variant: BuiltVariant }
  | { readonly kind: 'not tried'; readonly variant: VariantName; readonly reason: string }
  | { readonly kind: 'broken'; readonly variant: VariantName; readonly reason: string };

/**
 * Where in a file of suites a variant is says what it is called. A file of one suite has no name for it: then it is what the
 * suite calls itself.
 */
export const nameOf = (attrPath: readonly string[], { suite, profile, manager }: Description): VariantName => {
  const above = attrPath.slice(0, -2);
  const name = [above.length === 0 ? suite : above.join('.'), profile, manager].join('.');
  return { attrPath, name, suite: above.length === 0 ? suite : above.join('.'), profile, manager };
};

/** Reads variants that Nix has built (the file that `driver` of nix/test-derivation.nix names). @throws ZodError */
export const parseBuiltVariants = (text: string): readonly Prospect[] =>
  z
    .array(builtItem)
    .parse(JSON.parse(text))
    .map(({ attrPath, profilePath, notTried, suite, profile, manager, exprFile, ...rest }) => {
      const variant = nameOf(['', ''], { suite, profile, manager, exprFile, notTried });
      if (notTried !== null) return { kind: 'not tried', variant, reason: notTried };
      return { kind: 'ready', variant: { ...variant, attrPath, machine: rest, profilePath } };
    });
