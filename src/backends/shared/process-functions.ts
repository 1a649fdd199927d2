import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../system/package-root.js';

const texts = new Map<string, string>();

/** A file of shell functions below nix/nixproc/backends, read once. */
export const shellFunctions = (file: string): string => {
  const known = texts.get(file);
  if (known !== undefined) return known;
  const text = readFileSync(join(packageRoot, 'nix/nixproc/backends', file), 'utf8');
  texts.set(file, text);
  return text;
};

/** The functions that start, stop and recognise a service by its PID file. */
export const processFunctions = (): string => shellFunctions('process-functions.sh');
