import type { JsonObject } from '../../system/json.js';
import * as z from '../../system/schema.js';
import type { UnitContext } from '../backend.js';
import {
  absolutePath,
  anything,
  argumentError,
  environment,
  flag,
  packages,
  parseArguments,
  signal,
  text,
  texts,
} from '../shared/argument-schema.js';
import { isPrintable } from './argument-line.js';

/** What cygrunsrv has to know of one service. */
export interface CygrunsrvService {
  readonly displayName: string | null;
  readonly description: string | null;
  /** The program and its arguments. */
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Packages whose bin/ goes on PATH. */
  readonly environmentPath: readonly string[];
  /** `auto`: started when Windows starts. */
  readonly type: 'auto' | 'manual';
  readonly user: string | null;
  readonly stdin: string | null;
  readonly stdout: string | null;
  readonly stderr: string | null;
  /** Without "SIG". */
  readonly terminateSignal: string;
  readonly terminateOnShutdown: boolean;
  /** Names of processes and of Windows services; null for what the process of the model depends on. */
  readonly dependencies: readonly string[] | null;
}

const path = absolutePath.check(z.refine(isPrintable, 'expected printable ASCII characters'));
const line = text.check(z.refine(isPrintable, 'expected printable ASCII characters on one line'));

const schema = z.strictObject({
  name: text,
  displayName: z.nullish(line),
  // Not in the reference's vocabulary; cygrunsrv has it.
  description: z.nullish(line),
  path: absolutePath,
  args: z.nullish(texts),
  environment: z.nullish(environment),
  environmentPath: z.nullish(packages),
  type: z.nullish(z.enum(['auto', 'manual'], { error: 'expected auto or manual' })),
  user: z.nullish(line),
  password: z.optional(anything),
  stdin: z.nullish(path),
  stdout: z.nullish(path),
  stderr: z.nullish(path),
  terminateSignal: z.nullish(signal),
  terminateOnShutdown: z.nullish(flag),
  dependencies: z.nullish(texts),
  postInstall: z.optional(anything),
  outer: z.optional(anything),
});

/**
 * Checks the arguments of createCygrunsrvParams.
 *
 * @throws ModelError naming the process instance and the argument
 */
export const parseService = (args: JsonObject, { instance }: UnitContext): CygrunsrvService => {
  const reader = { instance: instance.instance, manager: 'cygrunsrv', createFunction: 'createCygrunsrvParams' };
  if ((args['password'] ?? null) !== null) {
    throw argumentError(
      reader,
      'password',
      'Everybody can read what is in the Nix store; the file that CYGRUNSRV_PASSWORD_FILE names is asked for it instead',
    );
  }
  const given = parseArguments(schema, args, reader);
  return {
    displayName: given.displayName ?? null,
    description: given.description ?? null,
    words: [given.path, ...(given.args ?? [])],
    environment: given.environment ?? {},
    environmentPath: given.environmentPath ?? [],
    type: given.type ?? 'auto',
    user: instance.forceDisableUserChange ? null : (given.user ?? null),
    stdin: given.stdin ?? null,
    stdout: given.stdout ?? null,
    stderr: given.stderr ?? null,
    terminateSignal: (given.terminateSignal ?? 'TERM').replace(/^-/, '').replace(/^SIG/, ''),
    terminateOnShutdown: given.terminateOnShutdown ?? false,
    dependencies: given.dependencies ?? null,
  };
};
