import type { ManagedProcess } from '../../model/process-model.js';
import { programOf } from '../../model/program-of.js';
import type { Translation, UnitContext } from '../backend.js';
import { credentialsArguments } from '../shared/credentials-arguments.js';
import { readinessCommandOf } from '../shared/readiness-program.js';
import { daemonScript } from './daemon-script.js';
import { commandLines } from './execline.js';
import { notificationDescriptor } from './notify-on-check.js';
import { runScript } from './run-script.js';
import { storeName, tool } from './tools.js';

/** Milliseconds that a process gets to end before it is killed: s6 itself would wait for ever. */
const timeoutKill = 10_000;

/**
 * A process that can stay in the foreground is a longrun: s6 supervises it, and what it prints is logged. One that only
 * exists as a daemon is a oneshot, which starts and ends it; nobody restarts it when it dies. Everything can be expressed
 * but the description, for which s6-rc has no place.
 *
 * @throws ModelError for a process without any command.
 */
export const translate = (process: ManagedProcess, context: UnitContext): Translation => {
  const { name, foreground, credentials } = process;
  const common = { name, dependencies: context.dependencies, credentials: credentialsArguments(credentials) };
  if (foreground !== null) {
    const { readiness } = context.instance;
    return {
      arguments: {
        ...common,
        run: runScript(process, foreground, context),
        timeoutKill,
        ...(readiness === null
          ? {}
          : { notificationFd: notificationDescriptor(readiness), timeoutUp: Math.ceil(readiness.timeout * 1000) }),
      },
      unsupported: [],
    };
  }
  const daemon = programOf(process, context.instance.instance, 'daemon');
  const script = context.storeText(storeName(name, 'daemon'), daemonScript(process, daemon, context));
  const activity = (verb: string): readonly string[] => [tool(context, 'shell'), script, verb];
  const { readiness } = context.instance;
  const wait = readinessCommandOf(context, 'wait', 's6-rc');
  const up = wait === null ? [activity('start')] : [[`${tool(context, 'execline')}/bin/if`, activity('start')], wait];
  return {
    arguments: {
      ...common,
      up: commandLines(up),
      down: commandLines([activity('stop')]),
      reload: commandLines([activity('reload')]),
      status: commandLines([activity('status')]),
      pidFile: process.pidFile,
    },
    unsupported:
      readiness !== null && wait === null
        ? ['cannot be told by a daemon that it is ready: it is ready when it has written its PID file']
        : [],
  };
};
