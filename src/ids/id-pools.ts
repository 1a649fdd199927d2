import { UsageError } from '../system/errors.js';
import * as z from '../system/schema.js';

/** Numbers that instances get one each of, as idresources.nix describes them. */
export interface IdPool {
  readonly name: string;
  /** The first and the last number, both included. */
  readonly min: number;
  readonly max: number;
  /** How far the numbers that are given out are apart, from `min` on. Default: 1. */
  readonly step: number;
}

/** Numbers that were given out: what ids.nix holds. */
export interface IdAssignments {
  /** Pool → instance → number. */
  readonly ids: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Pool → the number that was given out last. */
  readonly lastAssignments: Readonly<Record<string, number>>;
}

export const noAssignments: IdAssignments = { ids: {}, lastAssignments: {} };

const pools = z.record(
  z.string(),
  z
    .object({
      min: z.int(),
      max: z.int(),
      step: z._default(z.int().check(z.minimum(1)), 1),
      // Dynamic Disnix' words for where a number is unique. A deployment is on one machine: they mean the same here.
      scope: z.optional(z.enum(['global', 'machine', ''])),
    })
    .check(z.refine(({ min, max }) => min <= max, 'min is greater than max')),
);

const assignments = z.strictObject({
  ids: z._default(z.record(z.string(), z.record(z.string(), z.int())), {}),
  lastAssignments: z._default(z.record(z.string(), z.int()), {}),
  // Dynamic Disnix writes it for deployments on several machines.
  lastAssignmentsPerTarget: z.optional(z.unknown()),
});

const parse = <T>(schema: z.ZodMiniType<T>, data: unknown, file: string, what: string, example: string): T => {
  const { success, data: parsed, error } = schema.safeParse(data);
  if (success) return parsed;
  throw new UsageError(
    {
      what: `The file ${file} does not hold ${what}`,
      why: error.issues
        .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
        .join('\n'),
      fix: `Let it look like: ${example}`,
    },
    { cause: error },
  );
};

/**
 * @param data the value of an idresources.nix
 * @param file where it comes from, for errors
 * @returns the pools, sorted by name
 * @throws UsageError naming the file, the pool and what is wrong
 */
export const parseIdPools = (data: unknown, file: string): readonly IdPool[] =>
  Object.entries(parse(pools, data, file, 'pools of IDs', '{ ports = { min = 5000; max = 6000; }; }'))
    .map(([name, { min, max, step }]) => ({ name, min, max, step }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/**
 * @param data the value of an ids.nix
 * @param file where it comes from, for errors
 * @throws UsageError naming the file, the pool, the instance and what is wrong
 */
export const parseIdAssignments = (data: unknown, file: string): IdAssignments => {
  const { ids, lastAssignments } = parse(
    assignments,
    data,
    file,
    'assigned IDs',
    '{ ids.ports.webapp = 5000; lastAssignments.ports = 5000; }',
  );
  return { ids, lastAssignments };
};
