import { open, stat } from 'node:fs/promises';

/** How long log files were at some time, by path. */
export type LogMark = ReadonlyMap<string, number>;

export const markLogs = async (paths: readonly string[]): Promise<LogMark> =>
  new Map(
    await Promise.all(
      paths.map(async (path): Promise<[string, number]> => [path, (await stat(path).catch(() => null))?.size ?? 0]),
    ),
  );

const mostBytes = 8192;

const readSince = async (path: string, offset: number): Promise<string> => {
  const file = await open(path).catch(() => null);
  if (file === null) return '';
  try {
    const { size } = await file.stat();
    // A shorter file has been rotated: all of it is new.
    const start = Math.max(size < offset ? 0 : offset, size - mostBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - start)), 0, null, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
};

/** The last lines that were written since then, of all files. */
export const linesSince = async (mark: LogMark, count: number): Promise<readonly string[]> => {
  const texts = await Promise.all([...mark].map(([path, offset]) => readSince(path, offset)));
  return texts.flatMap((text) => text.split('\n').filter((line) => line.trim() !== '')).slice(-count);
};
