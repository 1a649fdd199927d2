import type { ManagedProcess } from '../../model/process-model.js';
import type { Translation, UnitContext } from '../backend.js';
import { credentialsArguments } from '../shared/credentials-arguments.js';
import { foregroundWords } from '../shared/foreground-words.js';
import { launchScript, variablesLostInShells } from '../shared/launch-script.js';
import { requiredTool, storeName } from '../shared/required-tool.js';

/** Tenths of a second between TERM and KILL for a daemon: a second less than launchd gives its proxy (ExitTimeOut). */
const grace = 190;

/**
 * A job runs in the foreground; launchd itself sets user, directory, umask and niceness. What has to be done as root
 * before the process starts is done by a script, which then switches the user in launchd's place.
 */
export const translate = (process: ManagedProcess, context: UnitContext): Translation => {
  const { name, path, environment, directory, umask, nice, user, credentials } = process;
  const { logDir } = context.instance.directories;
  const log = `${logDir}/nixproc-${name}.log`;
  const { words, user: switched } = launch(process, context);
  return {
    arguments: {
      name,
      path,
      ProgramArguments: words,
      EnvironmentVariables: environment,
      ...(directory === null || process.initialize !== '' ? {} : { WorkingDirectory: directory }),
      ...(umask === null ? {} : { Umask: umask }),
      ...(nice === null ? {} : { Nice: Math.max(-20, Math.min(20, nice)) }),
      ...(user === null || switched ? {} : { UserName: user }),
      // A crash is repaired; a process that ends with exit code 0 wanted to.
      RunAtLoad: true,
      // launchd kills the process group of a job that has ended.
      ...(context.instance.endsAlone ? { AbandonProcessGroup: true } : {}),
      KeepAlive: { SuccessfulExit: false },
      StandardOutPath: log,
      StandardErrorPath: log,
      dependencies: context.dependencies,
      credentials: credentialsArguments(credentials),
    },
    unsupported: [],
  };
};

const launch = (
  process: ManagedProcess,
  context: UnitContext,
): { readonly words: readonly string[]; readonly user: boolean } => {
  const { name, initialize, directory, user, environment } = process;
  const program = foregroundWords(process, context, 'launchd', grace);
  if (initialize === '') return { words: program, user: false };
  const coreutils = requiredTool(context, 'coreutils', 'launchd');
  const text = launchScript({
    coreutils,
    // launchd refuses a directory that commands are still to make.
    directory,
    initialize,
    // All others go the usual way, so that overrides can replace them.
    environment: variablesLostInShells(environment),
    // macOS has no setpriv; a chroot to where one is already takes over the user's groups too (chroot(1)).
    command:
      user === null ? program : [`${coreutils}/bin/chroot`, `--userspec=${user}`, '--skip-chdir', '/', ...program],
  });
  const script = context.storeText(storeName(name, 'launch'), text);
  return { words: [requiredTool(context, 'shell', 'launchd'), script], user: true };
};
