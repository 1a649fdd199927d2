import type { ManagedProcess, StateDirectories } from '../../model/process-model.js';
import { watchedPidFile } from '../../model/pid-file.js';
import { programOf } from '../../model/program-of.js';
import type { JsonObject } from '../../system/json.js';
import type { Translation, UnitContext } from '../backend.js';
import { cleanStart } from '../shared/clean-start.js';
import { daemonProxyScript } from '../shared/daemon-proxy.js';
import { launchScript, variablesLostInShells } from '../shared/launch-script.js';
import { searchPath } from '../shared/search-path.js';
import { storeName } from '../shared/required-tool.js';
import { tool } from './tools.js';

/** What has to be done as root before the process, so that the engine itself must not switch the user. */
const needsRootFirst = ({ initialize, nice }: ManagedProcess): boolean => initialize !== '' || (nice ?? 0) < 0;

/** Tenths of a second between TERM and KILL for a daemon: a second less than an engine gives its container. */
const grace = 90;

/** Podman takes an asterisk in the name of a variable for a pattern, so only plain names go the usual way. */
const isPlainName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);

/** The directories of the host that a process shares with it. */
export const sharedDirectories = (
  { stateDir, runtimeDir, logDir, tmpDir }: StateDirectories,
  homes: readonly string[],
): readonly string[] => {
  const shared: string[] = [];
  for (const directory of [stateDir, runtimeDir, logDir, tmpDir, ...homes]) {
    // The containers' own: the system's sockets and temporary files are not for them, and engines write there.
    if (/^\/(?:|run|tmp|var\/run|var\/tmp)\/?$/.test(directory)) continue;
    if (shared.some((above) => directory === above || directory.startsWith(`${above}/`))) continue;
    shared.push(directory);
  }
  return shared;
};

/**
 * A container of its own for each process, which shares the host's network, Nix store and state directories. It runs the
 * process in the foreground; a mere daemon is given a proxy that stays. An engine knows no umask and no niceness, and
 * nothing that is done before the process starts: a script does that.
 */
export const translate = (process: ManagedProcess, context: UnitContext): Translation => {
  const { name, directory, user, path, credentials } = process;
  const { instance } = context;
  const { command, exported } = execution(process, context);
  const variables: Record<string, string> = {
    // The image's own programs come last.
    PATH: `${searchPath(instance, { path }, 'tools-first')}:/bin`,
    ...exported,
  };
  const homes = credentials.users.flatMap(({ createHomeDir, homeDir }) =>
    createHomeDir && homeDir?.startsWith('/') === true ? [homeDir] : [],
  );
  const config: JsonObject = {
    Cmd: command,
    Env: Object.keys(variables)
      .sort()
      .map((variable) => `${variable}=${variables[variable] ?? ''}`),
    ...(directory === null ? {} : { WorkingDir: directory }),
    ...(user === null || needsRootFirst(process) ? {} : { User: user }),
  };
  return {
    arguments: {
      image: { name: repositoryName(name), tag: 'latest', contents: [], runAsRoot: '', config },
      container: {
        name,
        dockerCreateParameters: [],
        useHostNixStore: true,
        useHostNetwork: true,
        mapStateDirVolumes: sharedDirectories(instance.directories, homes),
        cmd: [],
        storePaths: [],
        dependencies: context.dependencies,
      },
    },
    unsupported: [],
  };
};

/** The name of an image has small letters alone, and nothing but letters and digits at its ends. */
const repositoryName = (name: string): string => {
  const words = name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
  return words.length === 0 ? 'process' : words.join('-');
};

interface Execution {
  readonly command: readonly string[];
  /** What the container's own environment has; the rest is in the command. */
  readonly exported: Readonly<Record<string, string>>;
}

const execution = (process: ManagedProcess, context: UnitContext): Execution => {
  const { name, initialize, nice, umask, environment, foreground } = process;
  const program = programOf(process, context.instance.instance, 'foreground');
  const user = needsRootFirst(process) ? process.user : null;
  const words = [program.executable, ...program.args];
  const passesShell =
    foreground === null ||
    initialize !== '' ||
    nice !== null ||
    umask !== null ||
    user !== null ||
    !Object.keys(environment).every(isPlainName);
  if (!passesShell) return { command: words, exported: environment };

  const lost = variablesLostInShells(environment);
  const script = launchScript({
    coreutils: tool(context, 'coreutils'),
    umask,
    initialize,
    nice,
    user: user === null ? null : { name: user, setpriv: tool(context, 'setpriv') },
    // Whom the container runs as is known to what comes before the script.
    cleanStart: user === null ? [] : cleanStart(environment, context, ['account', 'descriptors']),
    environment: lost,
    command: words,
  });
  const shell = tool(context, 'shell');
  const launch = [shell, context.storeText(storeName(name, 'launch'), script)];
  const watched = watchedPidFile(process, context.instance.directories);
  const proxy =
    foreground === null
      ? [
          shell,
          context.storeText('daemon-proxy', daemonProxyScript(tool(context, 'coreutils'), watched.guess)),
          watched.path,
          String(grace),
        ]
      : [];
  return {
    command: [...proxy, ...launch],
    exported: Object.fromEntries(Object.entries(environment).filter(([variable]) => !Object.hasOwn(lost, variable))),
  };
};
