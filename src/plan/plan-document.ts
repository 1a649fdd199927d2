import { UsageError } from '../system/errors.js';
import * as z from '../system/schema.js';

/*
 * The plan as data, which `plan --json` and `plan --out` write and `switch --plan` reads; docs/plan-format.md describes
 * it. Within a format version, fields may be added; nothing is removed, renamed or given another meaning.
 */

export const planFormatVersion = 1;

const common = {
  /** From 1, in the order of execution. */
  number: z.int().check(z.positive()),
  /** Steps of one stage do not depend on each other, and are done at the same time. */
  stage: z.int().check(z.nonnegative()),
  reasons: z.array(z.string()),
};

const step = z.discriminatedUnion('kind', [
  z.object({
    ...common,
    kind: z.literal('directory'),
    action: z.enum(['create-directory', 'create-link', 'set-mode']),
    path: z.string(),
  }),
  z.object({
    ...common,
    kind: z.literal('account'),
    action: z.enum([
      ...['create-group', 'create-user', 'modify-user', 'create-home', 'remove-user', 'remove-group', 'forget'],
    ] as const),
    /** What it is about, for people: user "webapp". */
    subject: z.string(),
  }),
  z.object({
    ...common,
    kind: z.literal('process'),
    action: z.enum(['stop', 'reload', 'restart', 'start']),
    instance: z.string(),
    name: z.string(),
    manager: z.string(),
    level: z.int().check(z.nonnegative()),
  }),
  /** `release`: nothing of the profile is left under the manager; `install`: it learns of the new definitions. */
  z.object({ ...common, kind: z.literal('manager'), action: z.enum(['release', 'install']), manager: z.string() }),
  /** The profile's link moves. */
  z.object({ ...common, kind: z.literal('profile'), action: z.literal('record'), path: z.string() }),
  /** What the machine starts when it boots; `path` may name somebody's crontab. */
  z.object({ ...common, kind: z.literal('boot'), action: z.enum(['enable', 'disable']), path: z.string() }),
]);

const conflict = z.object({
  severity: z.enum(['error', 'warning']),
  kind: z.enum(['port', 'pid-file', 'socket', 'directory', 'name', 'program', 'self', 'file', 'account']),
  instances: z.array(z.string()),
  what: z.string(),
  why: z.string(),
  fix: z.string(),
});

const versions = z.array(z.string());
const bytes = z.int().check(z.nonnegative());
const closure = z.object({
  sizeBefore: bytes,
  sizeAfter: bytes,
  packages: z.array(
    z.object({
      name: z.string(),
      change: z.enum(['added', 'removed', 'upgraded', 'rebuilt']),
      before: versions,
      after: versions,
      sizeBefore: bytes,
      sizeAfter: bytes,
    }),
  ),
  files: z.object({ added: z.int().check(z.nonnegative()), removed: z.int().check(z.nonnegative()) }),
});

const state = z.enum(['running', 'starting', 'stopped', 'failed', 'absent']);

const planDocument = z.object({
  formatVersion: z.literal(planFormatVersion),
  /** What is deployed afterwards; `link` always points to what is deployed. */
  profile: z.object({ link: z.string(), path: z.string() }),
  manager: z.nullable(z.string()),
  /** What it was built of; null when that is not known. */
  model: z.nullable(
    z.object({ path: z.string(), revision: z.nullable(z.object({ commit: z.string(), dirty: z.boolean() })) }),
  ),
  /** What the command line said that a switch must repeat. */
  options: z.object({
    oldProfile: z.nullable(z.string()),
    manager: z.record(z.string(), z.string()),
    /** Whether what somebody has changed is put right as well. */
    repair: z._default(z.boolean(), false),
    /** Whether dependents wait for ports: that decides on the stages. */
    waitForPorts: z._default(z.boolean(), false),
    /** Whether a failure ends only what depends on it: that decides on the stages, too. */
    keepGoing: z._default(z.boolean(), false),
  }),
  /** What the plan was made from: the same plan is right as long as this is so. */
  basis: z.object({
    current: z.nullable(z.object({ path: z.string(), manager: z.nullable(z.string()) })),
    /** The number of the current generation. */
    generation: z.nullable(z.int()),
    /** Where a switch went that did not finish. */
    unfinished: z.nullable(z.string()),
    states: z.array(z.object({ instance: z.string(), name: z.string(), manager: z.string(), state })),
  }),
  steps: z.array(step),
  unchanged: z.array(z.string()),
  conflicts: z.array(conflict),
  notes: z.array(z.string()),
  closure,
});

export type PlanDocument = Readonly<z.infer<typeof planDocument>>;
export type DocumentedStep = Readonly<z.infer<typeof step>>;

/**
 * Reads the text of a plan.
 *
 * @param file where it comes from, for messages
 * @throws UsageError when it is not a plan that this version understands
 */
export const parsePlanDocument = (text: string, file: string): PlanDocument => {
  const fail = (why: string, cause: unknown): UsageError =>
    new UsageError(
      { what: `${file} is not a plan that this version understands`, why, fix: 'Make one with: plan --out FILE' },
      { cause },
    );
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw fail(`It is not JSON: ${String(cause)}`, cause);
  }
  const version = z.object({ formatVersion: z.unknown() }).safeParse(data).data?.formatVersion;
  if (typeof version === 'number' && version !== planFormatVersion) {
    throw fail(`Its format has version ${version}, this program knows version ${planFormatVersion}`, undefined);
  }
  const parsed = planDocument.safeParse(data);
  if (!parsed.success) throw fail(z.prettifyError(parsed.error), parsed.error);
  return parsed.data;
};
