import type { ManagedProcess } from '../../model/process-model.js';
import { watchedPidFile } from '../../model/pid-file.js';
import { programOf } from '../../model/program-of.js';
import type { UnitContext } from '../backend.js';
import { daemonProxyScript } from './daemon-proxy.js';
import { launchScript, variablesLostInShells } from './launch-script.js';
import { requiredTool, storeName } from './required-tool.js';

/**
 * The words that run a process in the foreground. One that only exists as a daemon gets a proxy that stays in its place.
 *
 * @param grace tenths of a second that a daemon gets to end after it was asked to: less than the proxy gets itself
 * @throws ModelError for a process without any command
 */
export const foregroundWords = (
  process: ManagedProcess,
  context: UnitContext,
  manager: string,
  grace: number,
): readonly string[] => {
  const { name, foreground, environment } = process;
  if (foreground !== null) return [foreground.executable, ...foreground.args];
  const daemon = programOf(process, context.instance.instance, 'daemon');
  const coreutils = requiredTool(context, 'coreutils', manager);
  const shell = requiredTool(context, 'shell', manager);
  const { path, guess } = watchedPidFile(process, context.instance.directories);
  const proxy = context.storeText('daemon-proxy', daemonProxyScript(coreutils, guess));
  const command = [daemon.executable, ...daemon.args];
  // The proxy is a shell, which would not hand these on.
  const lost = variablesLostInShells(environment);
  const carried =
    Object.keys(lost).length === 0
      ? command
      : [shell, context.storeText(storeName(name, 'daemon'), launchScript({ coreutils, environment: lost, command }))];
  return [shell, proxy, path, String(grace), ...carried];
};
