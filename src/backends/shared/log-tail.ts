import { closeSync, fstatSync, readSync, statSync } from 'node:fs';
import { openGuarded, type IsUser } from '../../state/shared-directory.js';

/** How long log files were at some time, by path. */
export type LogMark = ReadonlyMap<string, number>;

const sizeOf = (path: string): number => {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
};

export const markLogs = (paths: readonly string[]): Promise<LogMark> =>
  Promise.resolve(new Map(paths.map((path) => [path, sizeOf(path)])));

const mostBytes = 8192;

const readSince = async (path: string, offset: number, isUser?: IsUser): Promise<string> => {
  const file = await openGuarded(path, isUser);
  if (file.kind !== 'opened') return '';
  try {
    const { size } = fstatSync(file.descriptor);
    // A shorter file has been rotated: all of it is new.
    const start = Math.max(size < offset ? 0 : offset, size - mostBytes);
    const buffer = Buffer.alloc(Math.max(0, size - start));
    return buffer.toString('utf8', 0, readSync(file.descriptor, buffer, 0, buffer.length, start));
  } finally {
    closeSync(file.descriptor);
  }
};

/**
 * The last lines that were written since then, of all files.
 *
 * @param isUser who besides root, us and the owner of the directory may own them. Default: nobody
 */
export const linesSince = async (mark: LogMark, count: number, isUser?: IsUser): Promise<readonly string[]> => {
  const texts = await Promise.all([...mark].map(([path, offset]) => readSince(path, offset, isUser)));
  return texts.flatMap((text) => text.split('\n').filter((line) => line.trim() !== '')).slice(-count);
};
