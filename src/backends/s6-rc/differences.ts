import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeChange } from '../../plan/changed-properties.js';
import type { Ports } from '../../system/ports.js';
import * as z from '../../system/schema.js';
import type { DeployedUnit } from '../backend.js';
import { compareWithProcess } from '../shared/compare-with-process.js';
import { factsOf } from '../shared/process-facts.js';
import { uidOf } from '../shared/uid-of.js';
import { activationOf } from './activation-data.js';
import { lastStatus } from './orphans.js';
import { sourceDirectory } from './service-definition.js';

/** What `render` says of a process that it has made the script of. */
const definitionSchema = z.object({
  process: z.string(),
  args: z.array(z.string()),
  environment: z.record(z.string(), z.string()),
  path: z.array(z.string()),
  user: z.optional(z.string()),
  umask: z.optional(z.string()),
  nice: z.optional(z.number()),
  directory: z.optional(z.string()),
  initialize: z.optional(z.string()),
});

const unknowable = 'another tool laid out its definition, and what it started cannot be compared';

/** A mask without the zeros in front. */
const mask = (digits: string | undefined): string | undefined => digits?.replace(/^0+(?=.)/, '');

/** Names of the variables in the files that a script reads them from (`envfile FILE`). */
const variablesIn = async (script: string): Promise<readonly string[]> => {
  const files = [...script.matchAll(/^\s*envfile\s+(\/\S+)/gm)].map(([, file = '']) => file);
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return texts.flatMap((text) => [...text.matchAll(/^\s*([A-Za-z_][A-Za-z0-9_]*)=/gm)].map(([, name = '']) => name));
};

/**
 * Compares what runs by the script of nix-processmgmt with what ours would start. The process itself is looked at, and of the
 * script what cannot be seen of that: s6 starts nothing anew when a definition is replaced.
 */
export const differences = async (
  before: DeployedUnit,
  after: DeployedUnit,
  ports: Pick<Ports, 'run'>,
): Promise<readonly string[]> => {
  const definition = definitionSchema.safeParse(after.properties).data;
  const [old, own] = [activationOf(before), activationOf(after)];
  const [oldMain, main] = [old.services[0], own.services[0]];
  if (before.isLaidOut !== true || definition === undefined || old.live === undefined) return [unknowable];
  if (oldMain?.kind !== 'longrun' || main?.kind !== 'longrun') return [unknowable];
  const status = lastStatus(join(old.live, 'servicedirs', oldMain.name, 'supervise/status'));
  const running = status === null ? null : await factsOf(status.pid);
  if (running === null) return [unknowable];

  const script = await readFile(join(before.profile, sourceDirectory, oldMain.name, 'run'), 'utf8').catch(() => '');
  const { process: program, args, environment, path, user, nice = 0, directory, umask, initialize } = definition;
  const unwanted = (await variablesIn(script)).filter((name) => name !== 'PATH' && !Object.hasOwn(environment, name));
  const [, oldMask] = /^\s*execline-umask\s+(\S+)/m.exec(script) ?? [];
  const hasInitialization = /^\s*foreground\s/m.test(script);
  const change = (what: string, from: string | undefined, to: string | undefined): readonly string[] =>
    from === to ? [] : [describeChange(what, from, to)];
  return [
    ...(oldMain.name === main.name ? [] : [unknowable]),
    ...(await compareWithProcess(running, {
      command: [program, ...args],
      environment,
      path,
      uid: user === undefined ? (process.geteuid?.() ?? null) : ((await uidOf(user, ports)) ?? Number.NaN),
      nice: Math.max(-20, Math.min(19, nice)),
      // Without one, it works in its service directory, and ours would in /.
      directory: directory ?? null,
    })),
    ...unwanted.map((name) => `environment.${name} is no longer set`),
    ...change('umask', mask(oldMask), mask(umask)),
    ...(hasInitialization || initialize !== undefined ? ['initialize cannot be compared'] : []),
    ...change('log', old.logFile ?? undefined, own.logFile ?? undefined),
    ...(oldMain.notifies === main.notifies ? [] : ['it says when it is ready, or does so no more']),
  ];
};
