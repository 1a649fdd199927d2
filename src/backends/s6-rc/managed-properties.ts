import type { CommandLine, ManagedProcess } from '../../model/process-model.js';
import type { JsonObject } from '../../system/json.js';
import type { UnitContext } from '../backend.js';
import { surroundingsVersion } from '../shared/clean-start.js';
import { searchDirectories } from '../shared/search-path.js';
import { translate } from './translate.js';

const propertiesOf = (
  process: ManagedProcess,
  { executable, args }: CommandLine,
  { instance }: UnitContext,
): JsonObject => {
  const { initialize, environment, directory, umask, nice, user } = process;
  return {
    process: executable,
    args,
    surroundings: surroundingsVersion,
    environment,
    path: searchDirectories(instance, process, 'tools-first'),
    ...(initialize === '' ? {} : { initialize }),
    ...(directory === null ? {} : { directory }),
    ...(umask === null ? {} : { umask }),
    ...(nice === null ? {} : { nice }),
    ...(user === null ? {} : { user }),
  };
};

/** The same properties but for some. */
export const without = (properties: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));

/** Whether a script is as we made it: no override has replaced it. */
export const isGenerated = (script: 'run' | 'up', args: JsonObject, context: UnitContext): boolean => {
  const { process } = context.instance;
  if (process.kind !== 'managed') return false;
  const generated = translate(process, context).arguments;
  return generated[script] === args[script] && generated['down'] === args['down'];
};

/**
 * What a process is judged by. Of scripts that we generated and no override replaced, these are the properties that they
 * were made from: a person can read them, and a new version of our scripts restarts nothing.
 *
 * @param script the script that runs the process: `run`, or `up` with a `down`
 * @param properties the files of the definition
 */
export const managedProperties = (
  script: 'run' | 'up',
  args: JsonObject,
  properties: JsonObject,
  context: UnitContext,
): JsonObject => {
  const { process } = context.instance;
  const program = process.kind === 'managed' ? (script === 'run' ? process.foreground : process.daemon) : null;
  if (process.kind !== 'managed' || program === null || !isGenerated(script, args, context)) return properties;
  return { ...propertiesOf(process, program, context), ...without(properties, ['run', 'up', 'down', 'timeout-up']) };
};
