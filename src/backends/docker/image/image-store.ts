import { join } from 'node:path';
import { withDir } from 'tmp-promise';
import { ActivationError } from '../../../system/errors.js';
import type { JsonObject } from '../../../system/json.js';
import type { Run } from '../../../system/ports.js';
import { engineWords, runEngine, runEngineFor, type ContainerEngine } from '../engine.js';
import { labels } from '../labels.js';
import { contentsEntries } from './contents.js';
import { writeDockerArchive, type ImageFiles } from './docker-archive.js';
import { adoptArchive } from './foreign-archive.js';
import { describeFile, writeLayer, type Layer } from './layer.js';
import { systemEntries, type ResolvedImage } from './resolve-image.js';
import { temporaryOptions } from '../../../state/temporary-names.js';

type Written = Extract<ResolvedImage, { kind: 'written' }>;

/** The images of one profile in an engine. */
export interface ImageStore {
  /** Makes and loads those that the engine does not have. @throws ActivationError */
  readonly provide: (images: readonly ResolvedImage[]) => Promise<void>;
  /** Removes those of the profile that have other names than these. */
  readonly keepOnly: (references: ReadonlySet<string>) => Promise<void>;
}

/** Milliseconds that what reads, writes or runs a whole image may take. */
const imageTime = 600_000;

const noTag = '<none>';

/** Names and IDs of the profile's images. */
const listImages = async (
  engine: ContainerEngine,
  profile: string,
): Promise<readonly { readonly id: string; readonly reference: string | null }[]> => {
  const filter = `label=${labels.profile}=${profile}`;
  const format = '{{.ID}} {{.Repository}}:{{.Tag}}';
  const what = 'The container engine does not tell about its images';
  const printed = await runEngine(engine, what, 'images', '--no-trunc', '--filter', filter, '--format', format);
  return printed
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [id = '', reference = ''] = line.split(' ');
      return { id, reference: reference.includes(noTag) ? null : reference };
    });
};

/** What images are made with. */
interface Workshop {
  readonly engine: ContainerEngine;
  /** Directories of the host that scripts of images get when programs are the host's. */
  readonly hostMounts: readonly string[];
  readonly run: Run;
}

const load = async ({ engine }: Workshop, file: string, references: readonly string[]): Promise<void> => {
  const what = `The image ${references.join(', ')} cannot be loaded`;
  await runEngineFor(engine, imageTime, what, 'load', '--quiet', '--input', file);
};
const remove = async ({ engine }: Workshop, name: string): Promise<void> => {
  await engine.run('rmi', name);
};

/** Layers of the same contents are the same file. */
const layersOf = (
  directory: string,
  { run }: Pick<Workshop, 'run'>,
): ((image: Written) => Promise<readonly Layer[]>) => {
  const made = new Map<string, Promise<Layer>>();
  const layer = (key: string, make: (file: string) => Promise<Layer>): Promise<Layer> => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const making = make(join(directory, `layer-${made.size}.tar`));
    made.set(key, making);
    return making;
  };
  return async (image) => {
    const { contents } = image.image;
    const system = systemEntries(image);
    const first = await layer(JSON.stringify(system), (file) => writeLayer(system, file));
    if (contents.length === 0) return [first];
    return [
      first,
      await layer(JSON.stringify(contents), async (file) => writeLayer(await contentsEntries(contents, run), file)),
    ];
  };
};

const configOf = ({ image, labels: own }: Written): JsonObject => {
  const { Labels: given } = image.config;
  return {
    ...image.config,
    Labels: { ...(typeof given === 'object' && !Array.isArray(given) ? given : {}), ...own },
  };
};

/** Runs a script as root in an image, and returns all files that are there then. */
const runInImage = async (workshop: Workshop, image: Written, base: ImageFiles, directory: string): Promise<Layer> => {
  const { engine, hostMounts } = workshop;
  const { shell, coreutils, store, hostPrograms } = image.data;
  const reference = `${base.reference}-base`;
  const archive = join(directory, 'base.tar');
  const what = `runAsRoot of the image ${image.reference} failed`;
  await writeDockerArchive([{ ...base, reference, config: { Labels: image.labels } }], archive);
  await load(workshop, archive, [reference]);
  const mounts = [store, ...(hostPrograms ? hostMounts : [])].flatMap((path) => ['--volume', `${path}:${path}:ro`]);
  const script = `set -e\nexport PATH=${coreutils}/bin:/bin\n${image.image.runAsRoot}\n`;
  const created = await runEngineFor(
    engine,
    imageTime,
    what,
    ...['create', '--network', 'none', '--user', '0:0', '--workdir', '/', '--security-opt', 'label=disable'],
    ...[...mounts, reference, shell, '-c', script],
  );
  const id = created.trim().split('\n').at(-1) ?? '';
  try {
    const result = await engine.runFor(imageTime, 'start', '--attach', id);
    if (result.exitCode !== 0) {
      throw new ActivationError({
        what,
        why: engineWords(result),
        fix: 'Correct the script: overrides.docker.image.runAsRoot',
      });
    }
    const file = join(directory, 'root.tar');
    await runEngineFor(engine, imageTime, what, 'export', '--output', file, id);
    return await describeFile(file);
  } finally {
    await engine.run('rm', '--force', '--volumes', id);
    await remove(workshop, reference);
  }
};

const build = async (workshop: Workshop, images: readonly ResolvedImage[], directory: string): Promise<void> => {
  const layers = layersOf(directory, workshop);
  const plain: ImageFiles[] = [];
  for (const image of images) {
    const { reference } = image;
    const archive = join(directory, 'archive.tar');
    if (image.kind === 'archive') {
      await adoptArchive(image.image, reference, image.labels, archive, directory);
      await load(workshop, archive, [reference]);
      continue;
    }
    const files = { reference, config: configOf(image), layers: await layers(image) };
    if (image.image.runAsRoot === '') {
      plain.push(files);
    } else {
      const root = await runInImage(workshop, image, files, directory);
      await writeDockerArchive([{ ...files, layers: [root] }], archive);
      await load(workshop, archive, [reference]);
    }
  }
  if (plain.length === 0) return;
  const archive = join(directory, 'images.tar');
  await writeDockerArchive(plain, archive);
  await load(
    workshop,
    archive,
    plain.map(({ reference }) => reference),
  );
};

/** @param hostMounts see Workshop */
export const imageStore = (
  engine: ContainerEngine,
  profile: string,
  hostMounts: readonly string[],
  run: Run,
): ImageStore => {
  const workshop: Workshop = { engine, hostMounts, run };
  return {
    provide: async (images) => {
      const present = new Set((await listImages(engine, profile)).map(({ reference }) => reference));
      const missing = new Map(
        images.flatMap((image) => (present.has(image.reference) ? [] : [[image.reference, image] as const])),
      );
      if (missing.size === 0) return;
      await withDir(({ path }) => build(workshop, [...missing.values()], path), temporaryOptions());
    },
    keepOnly: async (references) => {
      for (const { id, reference } of await listImages(engine, profile)) {
        // One that a container of somebody else uses stays: the engine refuses.
        if (reference === null || !references.has(reference)) await remove(workshop, reference ?? id);
      }
    },
  };
};
