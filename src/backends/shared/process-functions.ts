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

/** The files of the functions that start, stop and recognise a service by its PID file, in the order of reading. */
export const processFunctionFiles = ['guarded-files.sh', 'process-functions.sh'] as const;

/** What is in those files. */
export const processFunctions = (): string => processFunctionFiles.map(shellFunctions).join('\n');
