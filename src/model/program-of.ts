import { ModelError } from '../system/errors.js';
import type { CommandLine, ManagedProcess } from './process-model.js';

/**
 * What a process runs: as a daemon or in the foreground, as its manager prefers, or else in the way that the model offers.
 *
 * @throws ModelError for a process that says nothing of what to run; no process of a parsed model does that
 */
export const programOf = (
  { name, daemon, foreground }: ManagedProcess,
  instance: string,
  preferred: 'daemon' | 'foreground',
): CommandLine => {
  const program = preferred === 'daemon' ? (daemon ?? foreground) : (foreground ?? daemon);
  if (program !== null) return program;
  throw new ModelError({
    what: `Process instance "${instance}" has nothing to run`,
    why: `Its process "${name}" has none of the properties process, daemon and foregroundProcess`,
    fix: 'Give it one of them where the constructor calls createManagedProcess',
  });
};
