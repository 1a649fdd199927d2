import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nixDirectory } from '../../system/nix-directory.js';

const texts = new Map<string, string>();

/** A file of shell functions below nix/nixproc/backends, read once. */
export const shellFunctions = (file: string): string => {
  const known = texts.get(file);
  if (known !== undefined) return known;
  const text = readFileSync(join(nixDirectory, 'nixproc/backends', file), 'utf8');
  texts.set(file, text);
  return text;
};

/** The file that stands before all others. */
const coreutils = 'coreutils.sh';

/** The files of the functions that decide which processes were started here, and send them signals. */
const identityFiles = ['guarded-files.sh', 'process-identity.sh', 'process-offspring.sh'] as const;

/** The files of the functions that define what a process gets of its caller, in the order of reading. */
export const cleanStartFiles = [coreutils, 'clean-start.sh'] as const;

/** The files of the functions that mark a start, and that have it outlive the unit of systemd that it was begun in. */
export const scopeFiles = ['control-group.sh', 'systemd-scope.sh'] as const;

/** The files of the functions that start, stop and recognise a service by its PID file, in the order of reading. */
export const processFunctionFiles = [
  ...cleanStartFiles,
  ...scopeFiles,
  ...identityFiles,
  'process-functions.sh',
] as const;

const textOf = (files: readonly string[]): string => files.map(shellFunctions).join('\n');

/**
 * What is part of a command that a manager goes on with, without comments and empty lines: a process must not restart because a
 * version of this program explains something in other words.
 */
export const inCommand = (text: string): string => text.replace(/^[ \t]*(?:#.*)?\n/gm, '');

export const cleanStartFunctions = (): string => inCommand(textOf([...cleanStartFiles, 'control-group.sh']));

/** The functions that mark a start. */
export const markFunctions = (): string => inCommand(textOf([coreutils, 'control-group.sh']));

/** The functions that decide which processes were started here. */
export const processIdentity = (): string => inCommand(textOf([coreutils, ...identityFiles]));

/** All of them. */
export const processFunctions = (): string => textOf(processFunctionFiles);
