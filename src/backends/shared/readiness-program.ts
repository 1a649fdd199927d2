import type { Probe, Readiness } from '../../model/readiness.js';
import { unreachable } from '../../system/errors.js';
import type { UnitContext } from '../backend.js';
import { inCommand, shellFunctions } from './process-functions.js';
import { requiredTool, storeName } from './required-tool.js';
import { shellCommand } from './shell-quote.js';

/** How nix/nixproc/backends/await-ready.sh is told what to look at; null for what only a manager can be told. */
const probeWords = (probe: Probe): readonly string[] | null => {
  switch (probe.kind) {
    case 'port':
      return ['port', probe.host, String(probe.port)];
    case 'path':
      return ['path', probe.path];
    case 'http':
      return ['http', probe.host, String(probe.port), probe.path];
    case 'command':
      return ['command', ...probe.command];
    case 'notify':
      return null;
    default:
      return unreachable(probe);
  }
};

/** The command of an instance's own readiness; null as well when it says nothing about that. See readinessCommand. */
export const readinessCommandOf = (
  context: UnitContext,
  mode: 'wait' | 'look',
  manager: string,
): readonly string[] | null => {
  const { readiness } = context.instance;
  return readiness === null ? null : readinessCommand(readiness, mode, manager, context);
};

/**
 * The command that ends, with exit code 0, when a process is ready: for managers that start something without us. It runs
 * in the shell of the model's packages, and needs nothing on PATH.
 *
 * @param mode `wait` for as long as it may take, or `look` once
 * @param manager for messages
 * @returns null where only the manager can be told
 * @throws ModelError when the package set has no shell or no coreutils
 */
export const readinessCommand = (
  { probe, timeout, interval }: Readiness,
  mode: 'wait' | 'look',
  manager: string,
  context: UnitContext,
): readonly string[] | null => {
  const words = probeWords(probe);
  if (words === null) return null;
  const times = mode === 'look' ? ['0', '0'] : [String(Math.ceil(timeout)), String(interval)];
  const program = context.storeText('await-ready', inCommand(shellFunctions('await-ready.sh')));
  return [
    ...[requiredTool(context, 'shell', manager), program, requiredTool(context, 'coreutils', manager)],
    ...[...times, ...words],
  ];
};

/**
 * What comes before a command so that it becomes the process only when its dependencies are ready: for managers that know
 * no order when they start by themselves. Ends with exit code 1 when one of them does not get ready.
 *
 * @returns nothing for a process that has nothing to wait for
 */
export const awaitDependencies = (context: UnitContext, manager: string): readonly string[] => {
  const commands = context.awaited.flatMap((readiness) => {
    const command = readinessCommand(readiness, 'wait', manager, context);
    return command === null ? [] : [command];
  });
  if (commands.length === 0) return [];
  // Whoever ends the waiting shell ends the waiting.
  const lines = [...commands.map((command) => `AWAITED_PID=$$ ${shellCommand(command)} || exit 1`), 'exec "$@"'];
  const script = context.storeText(storeName(context.instance.name, 'await-dependencies'), `${lines.join('\n')}\n`);
  return [requiredTool(context, 'shell', manager), script];
};
