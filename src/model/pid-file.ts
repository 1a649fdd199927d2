import type { ManagedProcess, ProcessInstance } from './process-model.js';

/** What is known of a PID file of which the model does not say where it is. */
export interface PidFileGuess {
  /** Another place where the process may write it: programs and conventions differ in which directory is meant. */
  readonly elsewhere: string;
  /** Nothing but the program's name speaks for the PID file: few programs write one under that name. */
  readonly isFaint: boolean;
}

type Directories = ProcessInstance['directories'];

const baseName = (path: string): string => path.split('/').at(-1) ?? path;

/**
 * @param pidFile where it is expected
 * @param instanceName null when the model gives none
 */
export const guessOfPidFile = (
  pidFile: string,
  instanceName: string | null,
  { runtimeDir, tmpDir }: Pick<Directories, 'runtimeDir' | 'tmpDir'>,
): PidFileGuess => ({
  elsewhere: `${pidFile.startsWith(`${tmpDir}/`) ? runtimeDir : tmpDir}/${baseName(pidFile)}`,
  isFaint: instanceName === null,
});

/**
 * Whether a PID file that the arguments of a create function name is one that the model does not: arguments that we make
 * have a place for it in any case.
 */
export const isGuessed = (pidFile: string | null, { process }: Pick<ProcessInstance, 'process'>): boolean =>
  pidFile === null || (process.kind === 'managed' && !process.namesPidFile && pidFile === process.pidFile);

/** Where a program that stands in the foreground for a daemon looks for the daemon's PID file. */
export const watchedPidFile = (
  { namesPidFile, pidFile, instanceName }: Pick<ManagedProcess, 'namesPidFile' | 'pidFile' | 'instanceName'>,
  directories: Directories,
): { readonly path: string; readonly guess: PidFileGuess | null } => ({
  // The framework's proxies look in the directory for runtime files alone. Who has the rights of the model's user when it
  // looks can leave no PID there, and such a daemon writes none there itself: that directory comes second.
  path: pidFile,
  guess: namesPidFile ? null : guessOfPidFile(pidFile, instanceName, directories),
});
