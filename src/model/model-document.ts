import { isJsonObject, type Json, type JsonObject } from '../system/json.js';
import * as z from '../system/schema.js';
import type { SourcePosition } from './process-model.js';

/** The version of the document that this program and its nix/model-text.nix agree on. */
const formatVersion = 2;

/** What is told of an instance besides its process. */
export interface InstanceDocument {
  readonly name: string;
  readonly port: number | null;
  readonly readiness: Json;
  readonly critical: boolean;
  readonly startTimeout: Json;
  readonly stopTimeout: Json;
  readonly leftovers: Json;
  readonly position: SourcePosition | null;
}

interface CalledProcess {
  readonly name: string;
  readonly scope: string;
  /** As given to its create function, converted to plain data, without defaults. */
  readonly arguments: JsonObject;
  /** What this process needs besides the tools of its scope. */
  readonly tools: Readonly<Record<string, string>>;
  readonly dependencies: readonly string[];
  readonly files: string | null;
  /** Paths among arguments and variables that are not in the store: where each is, and the path. */
  readonly stray?: readonly StrayPath[];
}

/** "args" or "environment.NAME", and the path of a file. */
export type StrayPath = readonly [place: string, path: string];

/** What is told of a process. */
export type ProcessDocument =
  /** Made by createManagedProcess. */
  | (CalledProcess & {
      readonly kind: 'managed';
      readonly overrides: JsonObject | 'function' | null;
      /** Nobody but the process itself is ended with it; for managers that are not told so in their own words. */
      readonly endsAlone: boolean;
    })
  /** Made by a manager's own create function. */
  | (CalledProcess & { readonly kind: 'direct'; readonly manager: string })
  | { readonly kind: 'package'; readonly name: string; readonly path: string };

/** The instances as a table: each list has an element for each instance, and lists that would say nothing are left out. */
interface InstanceTable {
  readonly name: readonly string[];
  readonly port?: readonly (number | null)[];
  readonly readiness?: readonly Json[];
  readonly critical?: readonly boolean[];
  readonly startTimeout?: readonly Json[];
  readonly stopTimeout?: readonly Json[];
  readonly leftovers?: readonly Json[];
  readonly position?: {
    readonly file: readonly (string | null)[];
    readonly line: readonly (number | null)[];
    readonly column: readonly (number | null)[];
  };
}

// Instances and processes are looked at without zod, which takes five times as long for hundreds of them. In JSON that
// nobody but nix/evaluate.nix writes, nobody has to be told what is wrong.

const isText = (value: Json | undefined): value is string => typeof value === 'string';
const isNumberOrNull = (value: Json): boolean => value === null || typeof value === 'number';

const isListOf = (value: Json | undefined, isElement: (element: Json) => boolean): boolean =>
  Array.isArray(value) && value.every(isElement);

const isPosition = (value: Json): boolean =>
  isJsonObject(value) &&
  isListOf(value['file'], (file) => file === null || isText(file)) &&
  isListOf(value['line'], isNumberOrNull) &&
  isListOf(value['column'], isNumberOrNull);

const isInstanceTable = (value: Json): boolean => {
  if (!isJsonObject(value)) return false;
  const { name, port = [], readiness = [], critical = [], position, ...more } = value;
  const { startTimeout = [], stopTimeout = [], leftovers = [] } = more;
  return (
    isListOf(name, isText) &&
    isListOf(port, (element) => element === null || Number.isInteger(element)) &&
    isListOf(critical, (element) => typeof element === 'boolean') &&
    [readiness, startTimeout, stopTimeout, leftovers].every(Array.isArray) &&
    (position === undefined || isPosition(position))
  );
};

const tools = z.record(z.string(), z.string());

const modelText = z.object({
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
  fallbackTools: z.nullable(tools),
  /** All instances that there are; null when all were evaluated. */
  outline: z.nullable(
    z.array(
      z.object({
        name: z.string(),
        position: z.nullable(z.object({ file: z.string(), line: z.number(), column: z.number() })),
      }),
    ),
  ),
  instances: z.custom<InstanceTable>((value: unknown) => isInstanceTable(value as Json), 'expected instances'),
  /** One for each instance, and then those that no instance stands for. What a process does not have is left out. */
  processes: z.custom<readonly Json[]>(Array.isArray, 'expected processes'),
  /** For each process that no instance stands for, the name of one that depends on it. */
  dependents: z.array(z.string()),
  /** Dependencies that are called as an instance but were made from other arguments. */
  conflicts: z.array(z.object({ dependent: z.string(), dependency: z.string() })),
});

/** What nix/model-text.nix writes. */
export type ModelText = z.infer<typeof modelText>;

/** What nix/evaluate.nix says about a model. */
export interface ModelDocument extends Omit<ModelText, 'instances' | 'processes' | 'dependents'> {
  readonly instances: readonly (InstanceDocument & { readonly process: ProcessDocument })[];
  /** Processes that no instance stands for, with one of those that depend on them. */
  readonly dependencies: readonly { readonly dependent: string; readonly process: ProcessDocument }[];
}

const isStrayPath = (value: Json): value is [string, string] =>
  Array.isArray(value) && value.length === 2 && value.every(isText);

/**
 * @param soleScope of processes that name none
 * @returns null for what tells of no process
 */
const processDocument = (told: Json, soleScope: string): ProcessDocument | null => {
  if (!isJsonObject(told)) return null;
  const { path, arguments: args, scope = soleScope, tools = {}, dependencies = [], files = null } = told;
  if (isText(path)) return isText(told['name']) ? { kind: 'package', name: told['name'], path } : null;
  if (!isJsonObject(args) || !isText(scope) || !(files === null || isText(files))) return null;
  const name = args['name'] ?? args['instanceName'];
  if (!isText(name) || !isJsonObject(tools) || !Object.values(tools).every(isText)) return null;
  if (!Array.isArray(dependencies) || !dependencies.every(isText)) return null;
  const called = {
    ...{ name, scope, arguments: args, tools: tools as Record<string, string>, dependencies, files },
    ...(Array.isArray(told['stray']) && told['stray'].every(isStrayPath) ? { stray: told['stray'] } : {}),
  };
  const { manager, overrides = null, endsAlone = false } = told;
  if (manager !== undefined) return isText(manager) ? { ...called, kind: 'direct', manager } : null;
  return overrides === null || overrides === 'function' || isJsonObject(overrides)
    ? { ...called, kind: 'managed', overrides, endsAlone: endsAlone === true }
    : null;
};

const instanceDocuments = (table: InstanceTable): readonly InstanceDocument[] => {
  const positionAt = (index: number): SourcePosition | null => {
    const file = table.position?.file[index] ?? null;
    const line = table.position?.line[index] ?? null;
    const column = table.position?.column[index] ?? null;
    return file === null || line === null || column === null ? null : { file, line, column };
  };
  return table.name.map((name, index) => ({
    name,
    port: table.port?.[index] ?? null,
    readiness: table.readiness?.[index] ?? null,
    critical: table.critical?.[index] ?? true,
    startTimeout: table.startTimeout?.[index] ?? null,
    stopTimeout: table.stopTimeout?.[index] ?? null,
    leftovers: table.leftovers?.[index] ?? null,
    position: positionAt(index),
  }));
};

/** Puts an element of a second list to each of the first. @throws Error when there are not as many. */
const pair = <A, B>(left: readonly A[], right: readonly B[]): readonly (readonly [A, B])[] =>
  left.map((element, index) => {
    const other = right[index];
    if (other === undefined) throw new Error('the evaluation has fewer processes than it says');
    return [element, other];
  });

/** @throws Error when a process names a scope or a process that the evaluation does not have. */
const checkNames = (documents: readonly ProcessDocument[], scopes: ModelText['scopes']): void => {
  const names = new Set(documents.map(({ name }) => name));
  for (const document of documents) {
    if (document.kind === 'package') continue;
    const { name, scope, dependencies } = document;
    if (!Object.hasOwn(scopes, scope)) throw new Error(`the evaluation lacks the scope ${scope} of ${name}`);
    const missing = dependencies.find((dependency) => !names.has(dependency));
    if (missing !== undefined) throw new Error(`the evaluation lacks ${missing}, on which ${name} depends`);
  }
};

/** @throws ZodError or Error: nix/model-text.nix and this program do not belong together, or a part is missing. */
export const parseModelDocument = (text: string): ModelDocument => {
  // For what is looked at once zod would take longer to write code than to do without.
  const { instances, processes, dependents, ...rest } = modelText.parse(JSON.parse(text), { jitless: true });
  const [soleScope = ''] = Object.keys(rest.scopes);
  const documents = processes.map((told) => {
    const process = processDocument(told, soleScope);
    if (process === null) throw new Error(`the evaluation says nothing of a process: ${JSON.stringify(told)}`);
    return process;
  });
  checkNames(documents, rest.scopes);
  return {
    ...rest,
    instances: pair(instanceDocuments(instances), documents).map(([instance, process]) => ({ ...instance, process })),
    dependencies: pair(dependents, documents.slice(instances.name.length)).map(([dependent, process]) => ({
      dependent,
      process,
    })),
  };
};
