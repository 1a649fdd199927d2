import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { PassThrough } from 'node:stream';
import { pack, type Header, type Pack } from 'tar-stream';
import { unreachable } from '../../../system/errors.js';

/** One entry of a layer; paths are relative to the root directory of the image. */
export type LayerEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'text'; readonly path: string; readonly text: string }
  | {
      readonly kind: 'copy';
      readonly path: string;
      /** The file that it is a copy of; its size must not change meanwhile. */
      readonly source: string;
      readonly size: number;
      readonly executable: boolean;
    };

/** A layer as a tar file. */
export interface Layer {
  readonly file: string;
  readonly size: number;
  /** SHA-256 of the file, in hexadecimal digits. */
  readonly digest: string;
}

/** The time of everything in an image: a second after the epoch, as in the Nix store. */
export const fixedTime = new Date(1000);

const owner = { uid: 0, gid: 0, uname: '', gname: '', mtime: fixedTime } as const;

type EntryHeader = Partial<Header> & Pick<Header, 'name' | 'mode'>;

const addHeader = (archive: Pack, header: EntryHeader, text: string | null): Promise<void> =>
  new Promise((resolve, reject) => {
    const done = (error?: Error | null): void => {
      if (error === undefined || error === null) resolve();
      else reject(error);
    };
    if (text === null) archive.entry({ ...owner, ...header }, done);
    else archive.entry({ ...owner, ...header }, text, done);
  });

/** Adds a text to an archive, as a file. */
export const addText = (archive: Pack, name: string, text: string, mode = 0o444): Promise<void> =>
  addHeader(archive, { name, mode, type: 'file' }, text);

/** Adds a file to an archive. */
export const addFile = async (
  archive: Pack,
  header: EntryHeader & { readonly size: number },
  source: string,
): Promise<void> => {
  await pipeline(createReadStream(source), archive.entry({ ...owner, ...header, type: 'file' }));
};

const addEntry = async (archive: Pack, entry: LayerEntry): Promise<void> => {
  switch (entry.kind) {
    case 'directory':
      await addHeader(archive, { name: `${entry.path}/`, mode: entry.mode, type: 'directory' }, null);
      return;
    case 'link':
      await addHeader(archive, { name: entry.path, mode: 0o777, type: 'symlink', linkname: entry.target }, null);
      return;
    case 'text':
      await addText(archive, entry.path, entry.text, 0o644);
      return;
    case 'copy':
      await addFile(
        archive,
        { name: entry.path, size: entry.size, mode: entry.executable ? 0o555 : 0o444 },
        entry.source,
      );
      return;
    default:
      unreachable(entry);
  }
};

/** Writes an archive to a file: the same entries give the same bytes. */
export const writeArchive = async (file: string, add: (archive: Pack) => Promise<void>): Promise<Layer> => {
  const archive = pack();
  const hash = createHash('sha256');
  let size = 0;
  const meter = new PassThrough();
  meter.on('data', (bytes: Buffer) => {
    hash.update(bytes);
    size += bytes.length;
  });
  const adding = add(archive).then(
    () => {
      archive.finalize();
    },
    (error: unknown) => {
      archive.destroy(error as Error);
      throw error;
    },
  );
  await Promise.all([pipeline(archive, meter, createWriteStream(file)), adding]);
  return { file, size, digest: hash.digest('hex') };
};

/** The directories that lead to the entries and are not among them, the outer before the inner. */
const missingDirectories = (entries: readonly LayerEntry[]): readonly LayerEntry[] => {
  const known = new Set(entries.map(({ path }) => path));
  const missing = new Set<string>();
  for (const { path } of entries) {
    const parts = path.split('/');
    for (let length = 1; length < parts.length; length += 1) {
      const directory = parts.slice(0, length).join('/');
      if (!known.has(directory)) missing.add(directory);
    }
  }
  return [...missing].map((path) => ({ kind: 'directory', path, mode: 0o755 }));
};

/** Writes a layer; directories on the way to its entries are added, everything is root's, in the order of the paths. */
export const writeLayer = async (entries: readonly LayerEntry[], file: string): Promise<Layer> => {
  const sorted = [...entries, ...missingDirectories(entries)].sort((a, b) => (a.path < b.path ? -1 : 1));
  return writeArchive(file, async (archive) => {
    for (const entry of sorted) await addEntry(archive, entry);
  });
};

/** Takes a tar file that somebody else has written for a layer. */
export const describeFile = async (file: string): Promise<Layer> => {
  const hash = createHash('sha256');
  let size = 0;
  for await (const bytes of createReadStream(file)) {
    hash.update(bytes as Buffer);
    size += (bytes as Buffer).length;
  }
  return { file, size, digest: hash.digest('hex') };
};
