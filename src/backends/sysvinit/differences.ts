import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeChange } from '../../plan/changed-properties.js';
import type { Ports } from '../../system/ports.js';
import * as z from '../../system/schema.js';
import type { DeployedUnit } from '../backend.js';
import { defaultAnswerLimits } from '../shared/manager-answers.js';
import { compareWithProcess, type WantedProcess } from '../shared/compare-with-process.js';
import { readPidFile } from '../shared/observe-service.js';
import { factsOf, firstChildOf } from '../shared/process-facts.js';
import { scriptEnvironment } from '../shared/script-environment.js';
import { uidOf } from '../shared/uid-of.js';
import { splitWords } from '../shared/split-words.js';
import { activationOf } from './activation-data.js';

/** What `render` says of a running process. */
const definitionSchema = z.object({
  process: z.string(),
  processIsDaemon: z.boolean(),
  args: z.array(z.string()),
  environment: z.record(z.string(), z.string()),
  path: z.array(z.string()),
  user: z.optional(z.string()),
  umask: z.optional(z.string()),
  nice: z.optional(z.number()),
  directory: z.optional(z.string()),
  initialize: z.optional(z.string()),
  globalInstructions: z.optional(z.string()),
  instructions: z.record(z.string(), z.string()),
  startDaemon: z.optional(z.string()),
  startProcessAsDaemon: z.optional(z.string()),
});
type Definition = z.infer<typeof definitionSchema>;

/** The words of the first command of that name that stands alone on a line of a script. */
const wordsOf = (command: string, script: string): readonly string[] => {
  try {
    return splitWords(new RegExp(`^\\s*${command}\\s+(.*?)(?:;|&&|$)`, 'm').exec(script)?.[1] ?? '');
  } catch {
    return [];
  }
};

const change = (what: string, from: string | null, to: string | null): readonly string[] =>
  from === to ? [] : [describeChange(what, from ?? undefined, to ?? undefined)];

/** A mask without the zeros in front. */
const mask = (digits: string | undefined): string | null => digits?.replace(/^0+(?=.)/, '') ?? null;

/**
 * What cannot be seen of the process itself, and has to be the same in the text of the script that has started it: where
 * it changed to and its mask, which a daemon may have left since; variables that it should not have; commands that ran
 * before it.
 */
const differencesInText = (script: string, definition: Definition): readonly string[] => {
  const exported = [...script.matchAll(/(?:^|[;&]|\s)export +([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, name = '']) => name);
  const unwanted = exported.filter((name) => name !== 'PATH' && !Object.hasOwn(definition.environment, name));
  const lines = new Set(script.split('\n').map((line) => line.trim()));
  const { initialize = '', globalInstructions = '', instructions } = definition;
  const commands = { initialize, globalInstructions, ...instructions };
  const directories = wordsOf('cd', script).filter((word) => word !== '--');
  return [
    ...[...new Set(unwanted)].map((name) => `environment.${name} is no longer set`),
    ...change('umask', mask(wordsOf('umask', script)[0]), mask(definition.umask)),
    ...change('directory', directories[0] ?? null, definition.directory ?? null),
    ...Object.entries(commands).flatMap(([name, text]) =>
      text.split('\n').every((line) => line.trim() === '' || lines.has(line.trim())) ? [] : [`${name} has changed`],
    ),
  ];
};

const wantedProcess = async (definition: Definition, ports: Pick<Ports, 'run'>): Promise<WantedProcess> => {
  const { process: program, args, environment, path, user, nice = 0, directory, processIsDaemon } = definition;
  const own = process.geteuid?.() ?? null;
  return {
    command: [program, ...args],
    environment,
    path,
    // A daemon without a user may have given up its rights by itself.
    uid: user === undefined ? (processIsDaemon ? null : own) : ((await uidOf(user, ports)) ?? Number.NaN),
    nice: Math.max(-20, Math.min(19, nice)),
    directory: processIsDaemon ? null : (directory ?? '/'),
  };
};

const unknowable = 'another tool wrote its script, and what it started cannot be compared';

/**
 * Compares what runs, started by somebody else's script, with what our script would start. The process itself is looked
 * at, since there are many ways to write the same script; and our script has to recognise it as its own.
 */
export const differences = async (
  before: DeployedUnit,
  after: DeployedUnit,
  ports: Pick<Ports, 'run' | 'env'>,
): Promise<readonly string[]> => {
  const definition = definitionSchema.safeParse(after.properties).data;
  if (before.isLaidOut !== true || definition === undefined) return [unknowable];
  const { startDaemon, startProcessAsDaemon, processIsDaemon } = definition;
  if (startDaemon !== undefined || startProcessAsDaemon !== undefined) return [unknowable];
  const [old, own] = [activationOf(before), activationOf(after)];
  const named = own.pidFile === null ? null : readPidFile(own.pidFile);
  if (typeof named !== 'number') return [...change('pidFile', old.pidFile, own.pidFile), unknowable];
  const pid = processIsDaemon ? named : await firstChildOf(named);
  const running = pid === null ? null : await factsOf(pid);
  if (running === null) return [unknowable];
  const script = await readFile(join(before.profile, old.script), 'utf8');
  const found = [
    ...change('pidFile', old.pidFile, own.pidFile),
    ...(await compareWithProcess(running, await wantedProcess(definition, ports))),
    ...differencesInText(script, definition),
  ];
  if (found.length > 0) return [...new Set(found)];
  const { exitCode } = await ports.run({
    file: join(after.profile, own.script),
    args: ['status'],
    cwd: '/',
    env: scriptEnvironment(ports.env),
    timeout: defaultAnswerLimits.patience,
  });
  return exitCode === 0 ? [] : ['its new script does not recognise the process as its own'];
};
