import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a program and waits for it, also when a signal asks us to end: the program gets the signal too, and may clean up.
 * Resolves to its exit code, 128 + N when a signal ended it.
 */
export const runToEnd = (file, args, options) =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, options);
    const forward = (signal) => child.kill(signal);
    for (const signal of forwarded) process.on(signal, forward);
    const finish = (settle) => {
      for (const signal of forwarded) process.off(signal, forward);
      settle();
    };
    child.on('error', (error) => finish(() => reject(error)));
    child.on('close', (code, signal) => finish(() => resolve(code ?? 128 + constants.signals[signal])));
  });
