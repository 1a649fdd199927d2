import * as z from '../system/schema.js';

/** Which model a generation was made of. */
export interface ModelSource {
  /** The processes.nix, or the profile that was built before. */
  readonly path: string;
  /** Null for a file outside of a Git repository, or when Git cannot tell. */
  readonly revision: { readonly commit: string; readonly dirty: boolean } | null;
}

/** How a deployment ended; `interrupted` also stands for one that was killed, or is still at work. */
export const deploymentResults = ['good', 'failed', 'rolled back', 'interrupted'] as const;
export type DeploymentResult = (typeof deploymentResults)[number];

/** Instances by what a deployment did to them. */
export interface DeploymentSteps {
  readonly start: readonly string[];
  readonly stop: readonly string[];
  readonly restart: readonly string[];
  readonly reload: readonly string[];
  /** How many were left alone. */
  readonly untouched: number;
}

/** What is remembered of one activation, whether or not it made a generation. */
export interface DeploymentRecord {
  /** "switch", "rollback", "undeploy" … */
  readonly command: string;
  /** ISO 8601, UTC. */
  readonly started: string;
  /** Null as long as it is at work; it stays null when it is killed. */
  readonly ended: string | null;
  readonly result: DeploymentResult;
  /** The generation that was current before; null for none. */
  readonly from: number | null;
  /** The generation that it made or went to; null when it ended before that. */
  readonly generation: number | null;
  /** Whether that generation is new. */
  readonly made: boolean;
  /** The profile in the store. */
  readonly profile: string;
  /** Null when nothing tells, since nothing runs afterwards. */
  readonly manager: string | null;
  readonly message: string | null;
  readonly by: {
    readonly user: string;
    /** Who called sudo; null when nobody did. */
    readonly sudoUser: string | null;
    readonly host: string;
  };
  /** Null where an existing generation was activated. */
  readonly model: ModelSource | null;
  /** The version of nix-processmgmt-ts. */
  readonly tool: string;
  readonly steps: DeploymentSteps;
}

const names = z.array(z.string());

export const deploymentRecordSchema: z.ZodMiniType<DeploymentRecord> = z.object({
  command: z.string(),
  started: z.iso.datetime(),
  ended: z.nullable(z.iso.datetime()),
  result: z.enum(deploymentResults),
  from: z.nullable(z.int().check(z.positive())),
  generation: z.nullable(z.int().check(z.positive())),
  made: z.boolean(),
  profile: z.string(),
  manager: z.nullable(z.string()),
  message: z.nullable(z.string()),
  by: z.object({ user: z.string(), sudoUser: z.nullable(z.string()), host: z.string() }),
  model: z.nullable(
    z.object({
      path: z.string(),
      revision: z.nullable(z.object({ commit: z.string(), dirty: z.boolean() })),
    }),
  ),
  tool: z.string(),
  steps: z.object({
    start: names,
    stop: names,
    restart: names,
    reload: names,
    untouched: z.int().check(z.nonnegative()),
  }),
});
