import { ModelError } from '../system/errors.js';
import type { ManagedProcess, ProcessInstance } from './process-model.js';

/** Linux takes no longer argument and no longer `NAME=value`, its NUL counted (MAX_ARG_STRLEN, execve(2)). */
export const longestString = 131_072;

/** Whether a text has less bytes whatever its characters are: each has three at most in UTF-8. */
export const isSurelyShorter = (text: string, bytes: number): boolean => text.length * 3 < bytes;

const refuse = (where: string, text: string, { instance }: Pick<ProcessInstance, 'instance'>): void => {
  if (isSurelyShorter(text, longestString)) return;
  const bytes = Buffer.byteLength(text);
  if (bytes < longestString) return;
  throw new ModelError({
    what: `Process instance "${instance}" has a value that no process can get: ${where}`,
    why: `It has ${bytes} bytes; Linux takes ${longestString - 1} at most`,
    fix: 'Put it into a file, and let the process read that',
  });
};

/**
 * Refuses arguments and variables that are too long to start a program with, under whichever manager and on whichever
 * system: a model should mean the same everywhere.
 *
 * @throws ModelError naming the argument by its number, counted from 1, or the variable.
 */
export const refuseTooLongValues = (process: ManagedProcess, instance: Pick<ProcessInstance, 'instance'>): void => {
  for (const command of [process.foreground, process.daemon]) {
    command?.args.forEach((argument, index) => {
      refuse(`argument number ${index + 1}`, argument, instance);
    });
  }
  for (const name of Object.keys(process.environment)) {
    const text = `${name}=${process.environment[name] ?? ''}`;
    // The name may be what is long.
    if (!isSurelyShorter(text, longestString)) refuse(`environment.${name.slice(0, 100)}`, text, instance);
  }
};
