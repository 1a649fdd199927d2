import type { JsonObject } from '../../system/json.js';
import type { ProfileContext, ProfileFile, RenderedUnit, UnitContext } from '../backend.js';
import { surroundingsVersion } from '../shared/clean-start.js';
import { requiredTool } from '../shared/required-tool.js';
import type { Activation, ProfileData } from './activation-data.js';
import { parseService, type RunitService } from './config.js';
import { checkScript, environmentOf, logDirectory, logScript, runScript } from './scripts.js';

/** Where a profile has its service directories. */
export const serviceDirectories = 'etc/runit/sv';

/** What decides how a process runs. Scripts of ours are left out: a new version of them restarts nothing. */
const propertiesOf = (service: RunitService, context: UnitContext): JsonObject => {
  const { program, directory, user, umask, nice, initialize, finish, control, isLogged } = service;
  const all: JsonObject = {
    ...(program.kind === 'script'
      ? { run: program.text }
      : {
          process: program.words[0],
          args: program.words.slice(1),
          surroundings: surroundingsVersion,
          environment: environmentOf(service, context),
          directory,
          user,
          umask,
          nice,
          initialize,
        }),
    finish,
    control,
    ...(isLogged ? { logFile: `${logDirectory(context)}/current` } : {}),
  };
  return Object.fromEntries(
    Object.entries(all).filter(
      ([, value]) => value !== null && value !== '' && !(typeof value === 'object' && Object.keys(value).length === 0),
    ),
  );
};

/**
 * Writes the service directory of a process.
 *
 * @throws ModelError naming the instance when an argument is of the wrong kind or unknown
 */
export const render = (args: JsonObject, context: UnitContext): RenderedUnit => {
  const service = parseService(args, context);
  const directory = `${serviceDirectories}/${context.instance.name}`;
  const check = checkScript(service, context);
  const scripts: Readonly<Record<string, string | null>> = {
    run: runScript(service, context),
    finish: service.finish,
    check,
    ...Object.fromEntries(Object.entries(service.control).map(([name, text]) => [`control/${name}`, text])),
    'log/run': service.isLogged ? logScript(context) : null,
  };
  const files = Object.entries(scripts).flatMap(([name, text]): readonly ProfileFile[] =>
    text === null ? [] : [{ kind: 'file', path: `${directory}/${name}`, text, executable: true }],
  );
  const activation: Activation = {
    directory,
    entries: [...new Set(files.map(({ path }) => path.slice(directory.length + 1).split('/')[0] ?? ''))].sort(),
    isInitialized: service.program.kind === 'process' && service.initialize !== '',
    logFile: service.isLogged ? `${logDirectory(context)}/current` : null,
  };
  return { files, properties: propertiesOf(service, context), activation, credentials: service.credentials };
};

/** The programs that a profile's services are supervised with. */
export const profileData = ({ units }: ProfileContext): JsonObject => {
  const [first] = units;
  if (first === undefined) return {};
  const data: ProfileData = {
    shell: requiredTool(first.context, 'shell', 'runit'),
    runit: requiredTool(first.context, 'runit', 'runit'),
  };
  return data;
};
