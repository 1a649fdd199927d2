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

/** The files of the functions that decide which processes were started here, and send them signals. */
const identityFiles = ['guarded-files.sh', 'process-identity.sh', 'process-offspring.sh'] as const;

/** The files of the functions that start, stop and recognise a service by its PID file, in the order of reading. */
export const processFunctionFiles = ['clean-start.sh', ...identityFiles, 'process-functions.sh'] as const;

const textOf = (files: readonly string[]): string => files.map(shellFunctions).join('\n');

/** What is in the first of those files. */
export const processIdentity = (): string => textOf(identityFiles);

/** What is in those files. */
export const processFunctions = (): string => textOf(processFunctionFiles);
