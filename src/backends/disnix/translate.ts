import type { ManagedProcess } from '../../model/process-model.js';
import type { Translation, UnitContext } from '../backend.js';
import { credentialsArguments } from '../shared/credentials-arguments.js';
import { ownProcess } from './process-paths.js';

/**
 * Says to createProcessScript what a process is: a program that starts it, which is a script of ours, and where its PID
 * file is. The script can do everything that a process may want.
 */
export const translate = (process: ManagedProcess, { dependencies }: UnitContext): Translation => ({
  arguments: {
    name: process.name,
    process: ownProcess(process.name),
    pidFile: process.pidFile,
    dependencies,
    credentials: credentialsArguments(process.credentials),
  },
  unsupported: [],
});
