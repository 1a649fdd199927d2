import { build, type PlistValue } from 'plist';
import { isJsonObject, type Json, type JsonObject } from '../../system/json.js';
import type { RenderedUnit, UnitContext } from '../backend.js';
import type { ProcessName } from '../../model/process-model.js';
import { argumentError } from '../shared/argument-schema.js';
import { carryInScript, type Execution } from '../shared/carry-in-script.js';
import { variablesLostInShells } from '../shared/launch-script.js';
import { requiredTool } from '../shared/required-tool.js';
import { environmentWithPath } from '../shared/search-path.js';
import type { Activation } from './activation-data.js';
import { bootWaitCommands } from './boot-wait.js';
import { labelOf, parseJob, type LaunchdJob } from './config.js';
import { fitsXml } from './xml-text.js';

/** Where a profile has the files of its jobs. */
export const jobDirectory = 'Library/LaunchDaemons';

/** Values that a property list, or the shell before the program, would not hand over go through a script. */
const carryValues = (execution: Execution, context: UnitContext): Execution => {
  const { words, environment } = execution;
  const isLost = (name: string, value: string): boolean => !fitsXml(name) || !fitsXml(value);
  const isWhole =
    Object.keys(variablesLostInShells(environment)).length === 0 &&
    !Object.entries(environment).some((entry) => isLost(...entry));
  return isWhole && words.every(fitsXml) ? execution : carryInScript(execution, isLost, context, 'launchd');
};

const textsIn = (value: Json): readonly string[] => {
  if (typeof value === 'string') return [value];
  if (isJsonObject(value)) return Object.entries(value).flatMap(([key, entry]) => [key, ...textsIn(entry)]);
  return Array.isArray(value) ? value.flatMap(textsIn) : [];
};

/** @throws ModelError naming a key whose value no property list can hold */
const checkTexts = (keys: JsonObject, { instance }: UnitContext): void => {
  const unfit = Object.keys(keys).find((key) => !textsIn(keys[key] ?? null).every(fitsXml));
  if (unfit === undefined) return;
  throw argumentError(
    { instance: instance.instance, manager: 'launchd' },
    unfit,
    'It holds a control character, which no property list in XML can hold',
  );
};

/** Texts that say nothing about how the job runs: a difference does not restart it. */
export const cosmetic: ReadonlySet<string> = new Set(['AssociatedBundleIdentifiers', 'Disabled']);

/** Whether launchd starts a job with these keys as soon as it is loaded. */
export const startsAtOnce = ({ RunAtLoad: runAtLoad = false, KeepAlive: keepAlive = false }: JsonObject): boolean =>
  runAtLoad === true || keepAlive === true || (isJsonObject(keepAlive) && Object.hasOwn(keepAlive, 'SuccessfulExit'));

const sorted = (keys: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1)));

const sortedDeeply = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(sortedDeeply);
  return isJsonObject(value)
    ? sorted(Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, sortedDeeply(entry)])))
    : value;
};

/** A property list in XML; keys sorted, null nowhere. */
export const plistText = (keys: JsonObject): string => `${build(sortedDeeply(keys) as PlistValue, { indent: '\t' })}\n`;

/** Whether the executable is the first word, so that a shell can run it in launchd's place. */
const isPlain = ({ program, words, keys }: LaunchdJob): boolean =>
  words.length > 0 && (program === null || program === words[0]) && keys['EnableGlobbing'] !== true;

const executionKeys = ({ words, environment }: Execution): JsonObject => ({
  ...(words.length === 0 ? {} : { ProgramArguments: words }),
  ...(Object.keys(environment).length === 0 ? {} : { EnvironmentVariables: environment }),
});

/**
 * Writes a job as launchd.plist(5) has it. Its program is started by a shell that waits for the Nix store and for the
 * jobs that it depends on, which matters when the machine boots. (A job whose Program is not the first of its
 * ProgramArguments, or with EnableGlobbing, is left to launchd alone.)
 *
 * @throws ModelError naming the instance when an argument is of the wrong kind or unknown, or cannot be written
 */
export const render = (
  args: JsonObject,
  context: UnitContext,
  all: ReadonlyMap<ProcessName, JsonObject> = new Map(),
): RenderedUnit => {
  const { instance } = context;
  const job = parseJob(args, context);
  const keys = Object.fromEntries(
    Object.entries(job.keys).filter(
      ([key]) => !instance.forceDisableUserChange || (key !== 'UserName' && key !== 'GroupName'),
    ),
  );
  const wanted: Execution = { words: job.words, environment: environmentWithPath(instance, job.path, job.environment) };
  const program = job.program === null || isPlain(job) ? {} : { Program: job.program };
  checkTexts({ ...keys, ...program }, context);
  const jobs = context.dependencies.map((name) => labelOf(name, all.get(name)));
  const waiting = bootWaitCommands({ store: requiredTool(context, 'store', 'launchd'), jobs });
  const execution = isPlain(job) ? carryValues(wanted, context) : wanted;
  if (!isPlain(job)) checkTexts(executionKeys(execution), context);

  const text = (key: string): string | null => {
    const value = keys[key];
    return typeof value === 'string' ? value : null;
  };
  const plist = `${jobDirectory}/${job.fileName}.plist`;
  const activation: Activation = {
    label: job.label,
    plist,
    user: text('UserName'),
    logFiles: [...new Set([text('StandardOutPath'), text('StandardErrorPath')])].flatMap((path) => path ?? []),
    startsAtOnce: startsAtOnce(keys),
  };
  return {
    files: [
      {
        kind: 'file',
        path: plist,
        text: plistText({
          ...keys,
          ...program,
          Label: job.label,
          ...executionKeys(
            isPlain(job)
              ? { ...execution, words: ['/bin/sh', '-c', waiting, job.label, ...execution.words] }
              : execution,
          ),
        }),
        executable: false,
      },
    ],
    properties: {
      Label: job.label,
      ...program,
      ...executionKeys({ ...wanted, environment: {} }),
      ...Object.fromEntries(
        Object.entries(wanted.environment).map(([name, value]) => [`EnvironmentVariables.${name}`, value]),
      ),
      ...Object.fromEntries(Object.entries(keys).filter(([key]) => !cosmetic.has(key))),
    },
    activation,
    credentials: job.credentials,
  };
};
