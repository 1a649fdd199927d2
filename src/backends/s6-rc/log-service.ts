import type { UnitContext } from '../backend.js';
import { searchPath } from '../shared/search-path.js';
import type { LogSettings } from './config.js';
import { execlineScript } from './execline.js';
import { findCommands } from './run-script.js';
import type { ServiceDefinition } from './service-definition.js';
import { tool } from './tools.js';

/** The directory that s6-log keeps the log of a process in; the newest part is its file `current`. */
export const logDirectory = ({ logDir }: LogSettings, name: string): string => `${logDir}/s6-log/${name}`;

/** Names of the two services that a logged process consists of. */
export const producerName = (name: string): string => `${name}-srv`;
export const loggerName = (name: string): string => `${name}-log`;

const notificationFd = 3;

/** A megabyte in each file, and 20 of them: s6-log's own choice, 100 kB and ten, is soon gone. */
const rotation = ['n20', 's1000000'];

/** The service NAME-log, which writes down what NAME-srv prints; both together are the bundle NAME. */
export const logServiceDefinition = (
  name: string,
  settings: LogSettings,
  flagEssential: boolean,
  context: UnitContext,
): ServiceDefinition => {
  const { user, group } = settings;
  const execline = tool(context, 'execline');
  const directory = logDirectory(settings, name);
  const owner = `${user ?? ''}${group === null ? '' : `:${group}`}`;
  const run = execlineScript(execline, [
    ...findCommands(searchPath(context.instance, { path: [] }, 'tools-first'), execline, ['execline-cd', '/']),
    ['if', ['mkdir', '-p', directory]],
    ...(owner === '' ? [] : [['if', ['chown', '-R', owner, directory]] as const]),
    ...(user === null ? [] : [['s6-setuidgid', user]]),
    ['s6-log', '-d', String(notificationFd), '--', ...rotation, directory],
  ]);
  return {
    name: loggerName(name),
    type: 'longrun',
    files: { run: { kind: 'text', text: run, executable: true } },
    values: {
      'consumer-for': [producerName(name)],
      'pipeline-name': [name],
      'notification-fd': [String(notificationFd)],
    },
    flags: flagEssential ? ['flag-essential'] : [],
    lists: {},
  };
};
