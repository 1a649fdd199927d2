import * as z from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../system/json.js';

/** The version of the document that this program and its nix/evaluate.nix agree on. */
const formatVersion = 1;

// What JSON.parse returns is JSON: only its shape is left to be checked, and z.json() costs most of a second at 3000.
const json = z.custom<Json>();
const jsonObject = z.custom<JsonObject>((value) => isJsonObject(value as Json), 'expected an object');
const tools = z.record(z.string(), z.string());

const position = z.object({ file: z.string(), line: z.number(), column: z.number() });

const managed = z.object({
  kind: z.literal('managed'),
  name: z.string(),
  scope: z.string(),
  /** As given to createManagedProcess, converted to plain data, without defaults. */
  arguments: jsonObject,
  /** What this process needs besides the tools of its scope. */
  tools,
  dependencies: z.array(z.string()),
  overrides: z.union([z.literal('function'), jsonObject, z.null()]),
  files: z.string().nullable(),
});

const direct = z.object({
  kind: z.literal('direct'),
  name: z.string(),
  manager: z.string(),
  scope: z.string(),
  arguments: jsonObject,
  tools,
  dependencies: z.array(z.string()),
  files: z.string().nullable(),
});

const foreignPackage = z.object({ kind: z.literal('package'), name: z.string(), path: z.string() });

const process = z.discriminatedUnion('kind', [managed, direct, foreignPackage]);

/** The first line. */
const header = z.object({
  formatVersion: z.literal(formatVersion),
  storeDir: z.string(),
  hostPackages: z.boolean(),
  /** Extra parameters that are no arguments of the model. */
  ignoredParams: z.array(z.string()),
  scopes: z.record(
    z.string(),
    z.object({
      directories: z.object({
        stateDir: z.string(),
        runtimeDir: z.string(),
        logDir: z.string(),
        tmpDir: z.string(),
      }),
      forceDisableUserChange: z.boolean(),
      tools,
    }),
  ),
  /** The default package set's, when there is no scope that has them. */
  fallbackTools: tools.nullable(),
  /** All instances that there are; null when all were evaluated. */
  outline: z.array(z.object({ name: z.string(), position: position.nullable() })).nullable(),
  instances: z.array(
    z.object({
      name: z.string(),
      // What an instance does not have is left out.
      port: z.int().nullable().exactOptional(),
      readiness: json.exactOptional(),
      critical: z.boolean().exactOptional(),
      startTimeout: json.exactOptional(),
      stopTimeout: json.exactOptional(),
      position: position.nullable().exactOptional(),
    }),
  ),
  /** For each process that no instance stands for, the name of one that depends on it. */
  dependents: z.array(z.string()),
  /** Dependencies that are called as an instance but were made from other arguments. */
  conflicts: z.array(z.object({ dependent: z.string(), dependency: z.string() })),
});

export type ProcessDocument = z.infer<typeof process>;
export type ModelHeader = z.infer<typeof header>;

/** What nix/evaluate.nix says about a model. */
export interface ModelDocument extends Omit<ModelHeader, 'instances' | 'dependents'> {
  readonly instances: readonly (ModelHeader['instances'][number] & { readonly process: ProcessDocument })[];
  /** Processes that no instance stands for, with one of those that depend on them. */
  readonly dependencies: readonly { readonly dependent: string; readonly process: ProcessDocument }[];
}

/** Puts an element of a second list to each of the first. @throws Error when there are not as many. */
const pair = <A, B>(left: readonly A[], right: readonly B[]): readonly (readonly [A, B])[] =>
  left.map((element, index) => {
    const other = right[index];
    if (other === undefined) throw new Error('the evaluation has fewer processes than it says');
    return [element, other];
  });

/**
 * @param text lines of JSON: the header, a process for each of its instances, a process for each of its dependents
 * @throws ZodError: nix/evaluate.nix and this program do not belong together.
 */
export const parseModelDocument = (text: string): ModelDocument => {
  const [first = '', ...others] = text.split('\n');
  const { instances, dependents, ...rest } = header.parse(JSON.parse(first));
  const processes = others.map((line) => process.parse(JSON.parse(line)));
  return {
    ...rest,
    instances: pair(instances, processes).map(([instance, process]) => ({ ...instance, process })),
    dependencies: pair(dependents, processes.slice(instances.length)).map(([dependent, process]) => ({
      dependent,
      process,
    })),
  };
};
