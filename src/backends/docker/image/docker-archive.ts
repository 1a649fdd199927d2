import { createHash } from 'node:crypto';
import { toStableJson, type Json, type JsonObject } from '../../../system/json.js';
import { addFile, addText, fixedTime, writeArchive, type Layer } from './layer.js';

/** An image that is to be written. */
export interface ImageFiles {
  /** Its name with its tag: "localhost/webapp1:…". */
  readonly reference: string;
  /** What it says of its containers, in Docker's words (Cmd, Env, Labels …). */
  readonly config: JsonObject;
  /** From the lowest to the highest. */
  readonly layers: readonly Layer[];
}

/** How image formats call the processor that we run on (Go's GOARCH). */
export const architecture = (arch: string = process.arch): string =>
  ({ x64: 'amd64', ia32: '386', ppc64: 'ppc64le' })[arch] ?? arch;

/** The description of an image (https://github.com/moby/docker-image-spec, v1.2). */
const imageJson = ({ config, layers }: ImageFiles): JsonObject => {
  const created = fixedTime.toISOString();
  return {
    architecture: architecture(),
    os: 'linux',
    created,
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => `sha256:${digest}`) },
    history: layers.map(() => ({ created, created_by: 'nix-processmgmt-ts' })),
  };
};

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Writes images into one archive as `docker save` does (the manifest.json of v1.2), never compressed: Podman 4.3 does not
 * load what gzip made. The same images give the same bytes; a layer that several have is there once.
 */
export const writeDockerArchive = async (images: readonly ImageFiles[], file: string): Promise<void> => {
  await writeArchive(file, async (archive) => {
    const layers = new Map(images.flatMap((image) => image.layers.map((layer) => [layer.digest, layer])));
    for (const { file: source, digest, size } of layers.values()) {
      await addFile(archive, { name: `${digest}/layer.tar`, size, mode: 0o444 }, source);
    }
    const manifest: Json[] = [];
    for (const image of images) {
      const text = toStableJson(imageJson(image));
      const name = `${sha256(text)}.json`;
      await addText(archive, name, text);
      manifest.push({
        Config: name,
        RepoTags: [image.reference],
        Layers: image.layers.map(({ digest }) => `${digest}/layer.tar`),
      });
    }
    await addText(archive, 'manifest.json', toStableJson(manifest));
  });
};
