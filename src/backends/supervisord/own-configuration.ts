import { join } from 'node:path';
import { ManagerUnavailableError } from '../../system/errors.js';
import { profileDirectory } from '../shared/own-directory.js';
import { formatOf } from './format-string.js';
import { fitsPath, renderSection } from './ini.js';

/** Files of a supervisord that we start ourselves, one for each profile. */
export interface OwnPaths {
  readonly directory: string;
  readonly configuration: string;
  readonly programs: string;
  readonly socket: string;
  readonly pidFile: string;
  readonly log: string;
  /** Which processes it had when it was asked the last time. */
  readonly record: string;
}

/** The name under which the record has supervisord itself; no program has a slash in its name. */
export const supervisordItself = '/supervisord';

export const pathsBelow = (runtimeDir: string, profileName: string): OwnPaths => {
  const directory = profileDirectory(runtimeDir, profileName);
  return {
    directory,
    configuration: join(directory, 'supervisord.conf'),
    programs: join(directory, 'conf.d'),
    socket: join(directory, 'supervisord.sock'),
    pidFile: join(directory, 'supervisord.pid'),
    log: join(directory, 'supervisord.log'),
    record: join(directory, 'supervisord.processes'),
  };
};

/** unix(7): sun_path has 108 bytes, the last of which is NUL. */
const longestSocketPath = 107;
/** supervisord first binds PATH.PID (supervisor/http.py), and a PID has up to seven digits on Linux. */
const temporarySuffix = 8;

/** @throws ManagerUnavailableError when supervisord could not use them, saying which directory to choose instead */
export const checkPaths = ({ directory, socket }: OwnPaths): void => {
  const bytes = Buffer.byteLength(socket);
  if (bytes + temporarySuffix > longestSocketPath) {
    throw new ManagerUnavailableError({
      what: `The path of supervisord's socket, ${socket}, is too long`,
      why: `It has ${bytes} bytes. A UNIX socket's path may have ${longestSocketPath}, of which supervisord needs ${temporarySuffix} itself`,
      fix: 'Choose a shorter runtime directory (--runtime-dir or --state-dir), or a shorter profile name',
    });
  }
  // It includes *.conf files below the directory of its configuration, whose path is therefore a pattern.
  if (!fitsPath(formatOf(directory)) || /[*?[\]]/.test(directory)) {
    throw new ManagerUnavailableError({
      what: `supervisord cannot keep its configuration in ${JSON.stringify(directory)}`,
      why: 'Brackets, "*", "?", control characters, and a space before ";" or "#" mean something else to it',
      fix: 'Choose another runtime directory (--runtime-dir or --state-dir)',
    });
  }
};

/** What supervisord is started with: a socket for its user alone, and no program of its own. */
export const configurationText = (paths: OwnPaths): string =>
  [
    renderSection('supervisord', [
      ['pidfile', formatOf(paths.pidFile)],
      ['logfile', formatOf(paths.log)],
      ['logfile_maxbytes', '1MB'],
      ['logfile_backups', '1'],
      ['childlogdir', formatOf(paths.directory)],
      // Not where the user happened to be: that directory could not be removed or unmounted any more.
      ['directory', '/'],
      // Root says so, or supervisord complains about it.
      ...(process.geteuid?.() === 0 ? [['user', 'root'] as const] : []),
    ]),
    renderSection('unix_http_server', [
      ['file', formatOf(paths.socket)],
      ['chmod', '0700'],
    ]),
    renderSection('rpcinterface:supervisor', [
      ['supervisor.rpcinterface_factory', 'supervisor.rpcinterface:make_main_rpcinterface'],
    ]),
    renderSection('supervisorctl', [['serverurl', formatOf(`unix://${paths.socket}`)]]),
    renderSection('include', [['files', 'conf.d/*.conf']]),
  ].join('\n');
