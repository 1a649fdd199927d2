import type { JsonObject } from '../../system/json.js';
import type { ProfileContext, RenderedUnit, UnitContext } from '../backend.js';
import { cleanStart, surroundingsVersion } from '../shared/clean-start.js';
import { processFunctions } from '../shared/process-functions.js';
import { readinessCommandOf } from '../shared/readiness-program.js';
import type { ScriptActivation } from '../shared/script-activation.js';
import { searchDirectories } from '../shared/search-path.js';
import { shellQuote } from '../shared/shell-quote.js';
import { parseProcessScript, type ProcessScript } from './config.js';
import { ownProcess, scriptPath, specificationPath } from './process-paths.js';
import { scriptText } from './script.js';

/** What Dysnomia reads: variables of a shell. */
const specificationText = ({ name, process, pidFile, isForeign }: ProcessScript): string =>
  `process=${shellQuote(isForeign ? process : ownProcess(name))}\npidFile=${shellQuote(pidFile)}\n`;

/**
 * What a running process was started with. The function library and the tools that only the script uses are left out: a
 * new version of them must not restart everything.
 */
const propertiesOf = (script: ProcessScript, { instance }: UnitContext): JsonObject => {
  const all: JsonObject = {
    process: script.process,
    surroundings: surroundingsVersion,
    processIsDaemon: script.processIsDaemon,
    args: script.args,
    environment: script.environment,
    path: script.isForeign ? [] : searchDirectories(instance, script, 'tools-first'),
    user: script.user,
    umask: script.umask,
    nice: script.nice,
    directory: script.directory,
    initialize: script.initialize,
    pidFile: script.pidFile,
    logFile: script.logFile,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== ''));
};

/**
 * Renders the script of a process, and what Dysnomia has to know of it.
 *
 * @throws ModelError naming the instance when an argument is of the wrong kind or unknown.
 */
export const render = (args: JsonObject, context: UnitContext): RenderedUnit => {
  const { instance, storeText } = context;
  const script = parseProcessScript(args, context);
  const { name } = script;
  const activation: ScriptActivation = {
    script: scriptPath(name),
    pidFile: script.pidFile,
    recordFile: script.recordFile,
    wrapped: !script.processIsDaemon,
    logFile: script.logFile,
  };
  return {
    files: [
      {
        kind: 'file',
        path: scriptPath(name),
        text: scriptText(script, {
          functions: storeText('process-functions.sh', processFunctions()),
          tools: instance.tools,
          awaitReady: readinessCommandOf(context, 'wait', 'disnix'),
          // Only a foreground process has daemon before it: the script itself does the rest.
          cleanStart: script.processIsDaemon ? [] : cleanStart(script.environment, context, ['descriptors']),
        }),
        executable: true,
      },
      { kind: 'file', path: specificationPath(name), text: specificationText(script), executable: false },
    ],
    properties: propertiesOf(script, context),
    activation: { ...activation },
    credentials: script.credentials,
  };
};

/** What builds the components that Disnix is given: a shell and the coreutils of the model's package set. */
export const profileData = ({ units: [first] }: ProfileContext): JsonObject => {
  const { shell, coreutils } = first?.context.instance.tools ?? {};
  return shell === undefined || coreutils === undefined ? {} : { shell, coreutils };
};
