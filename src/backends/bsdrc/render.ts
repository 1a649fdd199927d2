import { ModelError } from '../../system/errors.js';
import type { JsonObject } from '../../system/json.js';
import {
  profileItself,
  type ProfileContext,
  type ProfileFile,
  type RenderedUnit,
  type UnitContext,
} from '../backend.js';
import { surroundingsVersion } from '../shared/clean-start.js';
import { processFunctions } from '../shared/process-functions.js';
import type { Activation } from './activation-data.js';
import { enablingVariable, parseRcScript, type RcScript } from './config.js';
import { launcherText } from './launcher.js';
import { rcName } from './rc-name.js';
import { scriptText } from './script.js';

/** Where scripts are in a profile. */
export const scriptPath = (name: string): string => `etc/rc.d/${name}`;
const launcherPath = (name: string): string => `libexec/rc.d/${name}`;

const hasCommand = (script: RcScript): script is RcScript & { readonly command: string } => script.command !== null;

/** What a running process was started with; what only the script itself uses, and what rcorder(8) reads, is left out. */
const propertiesOf = (script: RcScript): JsonObject => {
  const all: JsonObject = {
    command: script.command,
    surroundings: script.command === null ? null : surroundingsVersion,
    commandArgs: script.commandArgs,
    commandIsDaemon: script.command === null ? null : script.commandIsDaemon,
    environment: script.environment,
    path: script.path,
    user: script.user,
    umask: script.umask,
    nice: script.nice,
    directory: script.directory,
    fib: script.fib,
    limits: script.limits,
    loginClass: script.loginClass,
    oomProtect: script.oomProtect,
    rcvarsDefaults: script.rcvarsDefaults,
    commands: Object.fromEntries(Object.entries(script.commands).map(([name, command]) => [name, { ...command }])),
    pidFile: script.command === null ? null : script.pidFile,
    logFile: script.logFile,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
};

/**
 * Renders an rc.d script, and the launcher that becomes its process.
 *
 * @throws ModelError naming the instance when an argument is of the wrong kind or unknown.
 */
export const render = (args: JsonObject, context: UnitContext): RenderedUnit => {
  const { instance, dependencies, storeText } = context;
  const script = parseRcScript(args, instance);
  const { name } = script;
  const launchers: readonly ProfileFile[] = hasCommand(script)
    ? [{ kind: 'file', path: launcherPath(name), text: launcherText(script, context), executable: true }]
    : [];
  const activation: Activation = {
    script: scriptPath(name),
    pidFile: script.command === null ? null : script.pidFile,
    recordFile: script.recordFile,
    wrapped: script.command !== null && !script.commandIsDaemon,
    logFile: script.logFile,
    rcName: rcName(name),
    enablingVariable: enablingVariable(script),
  };
  return {
    files: [
      {
        kind: 'file',
        path: scriptPath(name),
        text: scriptText(script, {
          functions: storeText('process-functions.sh', processFunctions()),
          launcher: `${profileItself}/${launcherPath(name)}`,
          dependencies,
        }),
        executable: true,
      },
      ...launchers,
    ],
    properties: propertiesOf(script),
    activation: { ...activation },
    credentials: script.credentials,
  };
};

/** @throws ModelError when rc.subr(8) could not tell two services apart */
const requireDistinctNames = ({ units }: ProfileContext): void => {
  const names = new Map<string, UnitContext>();
  for (const { context } of units) {
    const { name, instance } = context.instance;
    const other = names.get(rcName(name))?.instance;
    if (other !== undefined) {
      throw new ModelError({
        what: `The process instances "${other.instance}" and "${instance}" have the same name for rc.subr: ${rcName(name)}`,
        why: `It stands for "${other.name}" as well as for "${name}", since variables of a shell have no other characters`,
        fix: 'Let their names differ in letters or digits',
      });
    }
    names.set(rcName(name), context);
  }
};

/** Nothing belongs to no single process. @throws as requireDistinctNames */
export const profileFiles = (context: ProfileContext): readonly ProfileFile[] => {
  requireDistinctNames(context);
  return [];
};
