import * as z from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../system/json.js';
import type { SourcePosition } from './process-model.js';

/** The version of the document that this program and its nix/evaluate.nix agree on. */
const formatVersion = 1;

/** What is told of an instance besides its process. What it does not have is left out. */
export interface InstanceDocument {
  readonly name: string;
  readonly port?: number | null;
  readonly readiness?: Json;
  readonly critical?: boolean;
  readonly startTimeout?: Json;
  readonly stopTimeout?: Json;
  readonly position?: SourcePosition | null;
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
}

/** What is told of a process. */
export type ProcessDocument =
  /** Made by createManagedProcess. */
  | (CalledProcess & { readonly kind: 'managed'; readonly overrides: JsonObject | 'function' | null })
  /** Made by a manager's own create function. */
  | (CalledProcess & { readonly kind: 'direct'; readonly manager: string })
  | { readonly kind: 'package'; readonly name: string; readonly path: string };

// Instances and processes are looked at without zod, which takes five times as long for hundreds of them. In JSON that
// nobody but nix/evaluate.nix writes, nobody has to be told what is wrong.

const isText = (value: Json | undefined): value is string => typeof value === 'string';
const isTextOrNull = (value: Json | undefined): value is string | null => value === null || isText(value);

const isPosition = (value: Json): boolean =>
  isJsonObject(value) &&
  isText(value['file']) &&
  typeof value['line'] === 'number' &&
  typeof value['column'] === 'number';

const isInstance = (value: Json): boolean => {
  if (!isJsonObject(value)) return false;
  const { name, port = null, critical = true, position = null } = value;
  return (
    isText(name) &&
    (port === null || Number.isInteger(port)) &&
    typeof critical === 'boolean' &&
    (position === null || isPosition(position))
  );
};

const isCalledProcess = ({ scope, arguments: args, tools, dependencies, files }: JsonObject): boolean =>
  isText(scope) &&
  isJsonObject(args) &&
  isJsonObject(tools) &&
  Object.values(tools).every(isText) &&
  Array.isArray(dependencies) &&
  dependencies.every(isText) &&
  isTextOrNull(files);

const isProcess = (value: Json): boolean => {
  if (!isJsonObject(value) || !isText(value['name'])) return false;
  const { kind, overrides, manager, path } = value;
  switch (kind) {
    case 'managed':
      return isCalledProcess(value) && (overrides === null || overrides === 'function' || isJsonObject(overrides));
    case 'direct':
      return isCalledProcess(value) && isText(manager);
    default:
      return kind === 'package' && isText(path);
  }
};

const tools = z.record(z.string(), z.string());

const position = z.object({ file: z.string(), line: z.number(), column: z.number() });

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
  instances: z.custom<readonly InstanceDocument[]>(
    (value) => Array.isArray(value) && value.every(isInstance),
    'expected instances',
  ),
  /** For each process that no instance stands for, the name of one that depends on it. */
  dependents: z.array(z.string()),
  /** Dependencies that are called as an instance but were made from other arguments. */
  conflicts: z.array(z.object({ dependent: z.string(), dependency: z.string() })),
});

export type ModelHeader = z.infer<typeof header>;

/** What nix/evaluate.nix says about a model. */
export interface ModelDocument extends Omit<ModelHeader, 'instances' | 'dependents'> {
  readonly instances: readonly (InstanceDocument & { readonly process: ProcessDocument })[];
  /** Processes that no instance stands for, with one of those that depend on them. */
  readonly dependencies: readonly { readonly dependent: string; readonly process: ProcessDocument }[];
}

/** @throws Error for a line that is not about a process. */
const parseProcess = (line: string): ProcessDocument => {
  const process = JSON.parse(line) as Json;
  if (!isProcess(process)) throw new Error(`the evaluation says nothing of a process: ${line}`);
  return process as unknown as ProcessDocument;
};

/** Puts an element of a second list to each of the first. @throws Error when there are not as many. */
const pair = <A, B>(left: readonly A[], right: readonly B[]): readonly (readonly [A, B])[] =>
  left.map((element, index) => {
    const other = right[index];
    if (other === undefined) throw new Error('the evaluation has fewer processes than it says');
    return [element, other];
  });

/**
 * @param text lines of JSON: the header, a process for each of its instances, a process for each of its dependents
 * @throws ZodError or Error: nix/evaluate.nix and this program do not belong together.
 */
export const parseModelDocument = (text: string): ModelDocument => {
  const [first = '', ...others] = text.split('\n');
  // For what is looked at once zod would take longer to write code than to do without.
  const { instances, dependents, ...rest } = header.parse(JSON.parse(first), { jitless: true });
  const processes = others.map(parseProcess);
  return {
    ...rest,
    instances: pair(instances, processes).map(([instance, process]) => ({ ...instance, process })),
    dependencies: pair(dependents, processes.slice(instances.length)).map(([dependent, process]) => ({
      dependent,
      process,
    })),
  };
};
