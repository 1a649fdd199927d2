import type { JsonObject } from '../../system/json.js';
import type { RenderedUnit, UnitContext } from '../backend.js';
import { cleanStart, surroundingsVersion } from '../shared/clean-start.js';
import { processFunctions, shellFunctions } from '../shared/process-functions.js';
import { readinessCommandOf } from '../shared/readiness-program.js';
import { searchDirectories } from '../shared/search-path.js';
import type { Activation } from './activation-data.js';
import { parseScript, type SystemVInitScript } from './config.js';
import { runlevelLinks, scriptPath, sequenceNumbers } from './runlevel-links.js';
import { scriptText } from './script.js';

/** The function library that all init scripts read. */
const initFunctions = (): string => `${processFunctions()}\n${shellFunctions('sysvinit/init-functions.sh')}`;

/**
 * What a running process was started with. The function library and the tools that only the script uses are left out: a
 * new version of them must not restart everything.
 */
const propertiesOf = (script: SystemVInitScript, { instance }: UnitContext): JsonObject => {
  const { startDaemon, startProcessAsDaemon, initialInstructions } = script.commands;
  const all: JsonObject = {
    process: script.process,
    surroundings: script.process === null ? null : surroundingsVersion,
    processIsDaemon: script.processIsDaemon,
    args: script.args,
    environment: script.environment,
    path: searchDirectories(instance, script, 'packages-first'),
    user: script.user,
    umask: script.umask,
    nice: script.nice,
    directory: script.directory,
    initialize: script.initialize,
    globalInstructions: script.globalInstructions,
    instructions: Object.fromEntries(
      Object.entries(script.instructions).map(([name, { instruction }]) => [name, instruction]),
    ),
    activities: script.activities,
    pidFile: script.process === null ? null : script.pidFile,
    logFile: script.process === null ? null : script.logFile,
    initialInstructions,
    startDaemon,
    startProcessAsDaemon,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== ''));
};

/**
 * Renders an init script and its runlevel links.
 *
 * @throws ModelError naming the instance when an argument is of the wrong kind or unknown.
 */
export const render = (args: JsonObject, context: UnitContext): RenderedUnit => {
  const { instance, dependencies, storeText } = context;
  const script = parseScript(args, instance);
  const { start, stop } = sequenceNumbers(script, context);
  const activation: Activation = {
    script: scriptPath(script.name),
    runlevels: [...script.startLevels],
    stopRunlevels: [...script.stopLevels],
    startSequence: start,
    stopSequence: stop,
    pidFile: script.process === null ? null : script.pidFile,
    recordFile: script.recordFile,
    wrapped: script.process !== null && !script.processIsDaemon,
    logFile: script.process === null ? null : script.logFile,
  };
  return {
    files: [
      {
        kind: 'file',
        path: scriptPath(script.name),
        text: scriptText(script, {
          functions: storeText('init-functions.sh', initFunctions()),
          tools: instance.tools,
          dependencies,
          awaitReady: readinessCommandOf(context, 'wait', 'sysvinit'),
          // Only a foreground process has daemon before it: the script itself does the rest.
          cleanStart: script.processIsDaemon ? [] : cleanStart(script.environment, context, ['descriptors']),
        }),
        executable: true,
      },
      ...runlevelLinks(script, context),
    ],
    properties: propertiesOf(script, context),
    activation: { ...activation },
    credentials: script.credentials,
  };
};
