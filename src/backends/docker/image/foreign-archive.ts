import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Extract } from 'tar-stream';
import { ActivationError } from '../../../system/errors.js';
import { toStableJson, type Json } from '../../../system/json.js';
import * as z from '../../../system/schema.js';
import type { ArchivedImage } from '../activation-data.js';
import { sha256 } from './docker-archive.js';
import { addText, writeArchive } from './layer.js';

const manifestSchema = z.array(
  z.object({ Config: z.string(), RepoTags: z.nullish(z.array(z.string())), Layers: z.array(z.string()) }),
);
type ManifestEntry = z.infer<typeof manifestSchema>[number];

const imageSchema = z.looseObject({
  config: z.nullish(z.looseObject({ Labels: z.nullish(z.record(z.string(), z.string())) })),
});

const compressions: readonly (readonly [string, Buffer])[] = [
  ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ['bzip2', Buffer.from('BZh')],
];
const gzip = Buffer.from([0x1f, 0x8b]);

const unusable = (path: string, why: string, fix: string, cause?: unknown): ActivationError =>
  new ActivationError({ what: `The image archive ${path} cannot be used`, why, fix }, { cause });

const firstBytes = async (path: string): Promise<Buffer> => {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(6), 0, 6, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
};

/** The archive without gzip around it. */
const plainArchive = async (path: string, directory: string): Promise<string> => {
  const start = await firstBytes(path);
  const compression = compressions.find(([, magic]) => start.subarray(0, magic.length).equals(magic));
  if (compression !== undefined) {
    throw unusable(path, `It is compressed by ${compression[0]}`, 'Compress it by gzip, or not at all');
  }
  if (!start.subarray(0, gzip.length).equals(gzip)) return path;
  const plain = join(directory, 'plain.tar');
  await pipeline(createReadStream(path), createGunzip(), createWriteStream(plain));
  return plain;
};

/** The entries of an archive, each of which has to be read or skipped before the next. */
const readerOf = (archive: string): Extract => {
  const reader = extract();
  const source = createReadStream(archive);
  source.on('error', (error) => {
    reader.destroy(error);
  });
  return source.pipe(reader);
};

/** The text of one file of an archive; null when there is none of that name. */
const readText = async (archive: string, name: string): Promise<string | null> => {
  const reader = readerOf(archive);
  let found: string | null = null;
  for await (const entry of reader) {
    if (entry.header.name.replace(/^\.\//, '') === name) {
      const chunks: Buffer[] = [];
      for await (const bytes of entry) chunks.push(bytes as Buffer);
      found = Buffer.concat(chunks).toString('utf8');
    } else {
      entry.resume();
    }
  }
  return found;
};

/** "name:latest" for "name"; a registry's port is no tag. */
const withTag = (reference: string): string => (/:[^/]*$/.test(reference) ? reference : `${reference}:latest`);

const chooseImage = (images: readonly ManifestEntry[], { path, tag }: ArchivedImage): ManifestEntry => {
  const [only] = images;
  const called =
    tag === null ? undefined : images.find(({ RepoTags }) => RepoTags?.some((name) => withTag(name) === withTag(tag)));
  const chosen = called ?? (images.length === 1 ? only : undefined);
  if (chosen !== undefined) return chosen;
  throw unusable(
    path,
    `It has several images, ${tag === null ? 'and dockerImageTag does not say which' : `none of them called ${tag}`}`,
    `Set dockerImageTag to one of: ${images.flatMap(({ RepoTags }) => RepoTags ?? []).join(', ')}`,
  );
};

/** What would give images other names, or says again what manifest.json says. */
const dropped = new Set(['manifest.json', 'repositories', 'index.json', 'oci-layout']);

/**
 * Copies one image of an archive that `docker save` or nixpkgs wrote, under a name of ours and with labels of ours: names
 * in the engine that are somebody else's stay as they are.
 *
 * @param directory where large temporary files may be
 * @throws ActivationError when it is no such archive
 */
export const adoptArchive = async (
  archive: ArchivedImage,
  reference: string,
  labels: Readonly<Record<string, string>>,
  file: string,
  directory: string,
): Promise<void> => {
  const source = await plainArchive(archive.path, directory);
  const read = async (name: string): Promise<Json> => {
    try {
      const text = await readText(source, name);
      if (text !== null) return JSON.parse(text) as Json;
    } catch (cause) {
      throw unusable(archive.path, `${name} in it cannot be read`, 'Make it with docker save or with nixpkgs', cause);
    }
    throw unusable(archive.path, `There is no ${name} in it`, 'Make it with docker save or with nixpkgs');
  };
  const image = chooseImage(manifestSchema.parse(await read('manifest.json')), archive);
  const description = imageSchema.parse(await read(image.Config));
  const text = toStableJson({
    ...description,
    config: { ...description.config, Labels: { ...description.config?.Labels, ...labels } },
  });
  const config = `${sha256(text)}.json`;

  await writeArchive(file, async (target) => {
    await addText(target, config, text);
    await addText(
      target,
      'manifest.json',
      toStableJson([{ Config: config, RepoTags: [reference], Layers: image.Layers }]),
    );
    for await (const entry of readerOf(source)) {
      const name = entry.header.name.replace(/^\.\//, '');
      if (dropped.has(name) || name === image.Config || name === config) entry.resume();
      else await pipeline(entry, target.entry({ ...entry.header, name }));
    }
  });
};
