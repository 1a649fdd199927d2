import type { JsonObject } from '../../system/json.js';
import type { RenderedUnit, UnitContext } from '../backend.js';
import { surroundingsVersion } from '../shared/clean-start.js';
import { readinessCommandOf } from '../shared/readiness-program.js';
import type { Activation } from './activation-data.js';
import { parseService, type OpenRCService } from './config.js';
import { environmentOf, filesOf, scriptText } from './script.js';
import { serviceName } from './service-name.js';

/** Where a profile has its service scripts. */
export const scriptDirectory = 'etc/init.d';

/** What decides how a process runs. Scripts of ours are left out: a new version of them restarts nothing. */
const propertiesOf = (service: OpenRCService, context: UnitContext): JsonObject => {
  const { words, directory, user, umask, nice, initialize, depend, dependencies } = service;
  const { logFile } = filesOf(context.instance.name, context.instance.directories);
  const all: JsonObject = {
    process: words[0],
    args: words.slice(1),
    surroundings: surroundingsVersion,
    ...Object.fromEntries(
      Object.entries(environmentOf(service, context)).map(([name, value]) => [`environment.${name}`, value]),
    ),
    directory,
    user,
    umask,
    nice,
    initialize: initialize === '' ? null : initialize,
    respawnDelay: service.respawnDelay,
    respawnMax: service.respawnMax,
    respawnPeriod: service.respawnPeriod,
    logFile,
    dependencies,
    depend: Object.keys(depend).length === 0 ? null : depend,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
};

/**
 * Writes the service script of a process.
 *
 * @throws ModelError naming the instance when an argument is of the wrong kind or unknown
 */
export const render = (args: JsonObject, context: UnitContext): RenderedUnit => {
  const service = parseService(args, context);
  const { name, directories } = context.instance;
  const script = `${scriptDirectory}/${serviceName(name)}`;
  const activation: Activation = {
    script,
    service: serviceName(name),
    runlevels: [...service.runlevels],
    ...filesOf(name, directories),
    awaitsReadiness: readinessCommandOf(context, 'wait', 'openrc') !== null,
  };
  return {
    files: [{ kind: 'file', path: script, text: scriptText(service, context), executable: true }],
    properties: propertiesOf(service, context),
    activation,
    credentials: service.credentials,
  };
};
