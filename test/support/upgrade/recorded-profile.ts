import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { profileItself, type ProfileFile } from '../../../src/backends/backend.js';
import type { ProfileDocument } from '../../../src/profile/profile-document.js';
import { profileDocument } from '../../../src/profile/profile-document.js';
import type { OwnManifest } from '../../../src/profile/manifest.js';
import { manifestPath } from '../../../src/profile/manifest-path.js';
import { ReferenceScanner, StoreTexts } from '../../../src/profile/store-texts.js';
import { toStableJson, type Json, type JsonObject } from '../../../src/system/json.js';
import { repository } from '../repository.js';

/** A file or link of a recorded profile. Texts have "@store:NAME@" for packages, "@text:ID@", "@storeDir@", "@state@" and "@profile@". */
export type RecordedFile =
  | { readonly path: string; readonly text: string; readonly executable: boolean }
  | { readonly path: string; readonly target: string };

/** A profile that some version has built, without what is the machine's: paths of packages, hashes, the state directory. */
export interface RecordedProfile {
  /** Without the manifest. */
  readonly files: readonly RecordedFile[];
  /** The texts in the store, by ID; what a text refers to comes before it. */
  readonly texts: readonly string[];
  readonly manifest: JsonObject;
}

/** What a version made of the example models, by "MODEL MANAGER MODE". */
export interface RecordedVersion {
  readonly texts: Readonly<Record<string, { readonly name: string; readonly text: string }>>;
  readonly profiles: Readonly<Record<string, RecordedProfile>>;
}

/** Where a profile of a recorded version is to be. */
export interface Place {
  readonly storeDir: string;
  readonly stateDir: string;
  /** Store paths of the packages, by their names without hashes. */
  readonly packages: ReadonlyMap<string, string>;
  /** What stands in the place of a port of the model. Default: itself. */
  readonly portOf?: (port: number) => number;
}

/** A profile of a recorded version, ready to be built. */
export interface RestoredProfile {
  readonly manifest: OwnManifest;
  readonly document: ProfileDocument;
}

const recordedDirectory = join(repository, 'fixtures', 'deployed');

/** Where what a version made is kept. */
export const recordedFile = (version: string): string => join(recordedDirectory, `${version}.json`);

export const readRecordedVersion = (version: string): RecordedVersion =>
  JSON.parse(readFileSync(recordedFile(version), 'utf8')) as RecordedVersion;

/** The versions of which there are profiles, by their commits or numbers. */
export const recordedVersions: readonly string[] = readdirSync(recordedDirectory)
  .sort()
  .map((name) => name.replace(/\.json$/, ''));

/** How these versions hash, whatever later ones do. */
const sha256 = (value: Json): string => createHash('sha256').update(toStableJson(value)).digest('hex');

const linesOf = (text: string): readonly string[] => text.split('\n').slice(0, -1);

const definitionFiles = new Set(['run', 'finish', 'up', 'down', 'reload', 'status', 'data', 'env']);
const definitionFlags = new Set(['flag-essential', 'nosetsid']);

/** The fingerprint of a service of s6-rc, by the files of its definition. */
const serviceFingerprint = (name: string, files: readonly RecordedFile[]): string => {
  const directory = `etc/s6/sv/${name}/`;
  const own = files
    .filter(({ path }) => path.startsWith(directory) && !path.slice(directory.length).includes('/'))
    .map((file) => ({ ...file, name: file.path.slice(directory.length) }));
  const textOf = (file: (typeof own)[number]): string => ('text' in file ? file.text : file.target);
  const [type = ''] = own.filter((file) => file.name === 'type').map((file) => linesOf(textOf(file))[0] ?? '');
  return sha256({
    type,
    files: Object.fromEntries(
      own
        .filter((file) => definitionFiles.has(file.name))
        .map((file) => [
          file.name,
          'text' in file
            ? { kind: 'text', text: file.text, executable: file.executable }
            : { kind: 'path', path: file.target },
        ]),
    ),
    values: Object.fromEntries(
      own
        .filter((file) => file.name !== 'type' && !definitionFiles.has(file.name) && !definitionFlags.has(file.name))
        .map((file) => [file.name, [...linesOf(textOf(file))]]),
    ),
    flags: own.map((file) => file.name).filter((flag) => definitionFlags.has(flag)),
  });
};

/** Puts the hashes into a manifest that the version had in it. */
const withFingerprints = (manifest: JsonObject, files: readonly RecordedFile[]): OwnManifest => {
  const units = (manifest['units'] as readonly JsonObject[]).map((unit) => {
    const activation = unit['activation'] as JsonObject;
    const services = activation['services'] as readonly JsonObject[] | undefined;
    return {
      ...unit,
      fingerprint: sha256(unit['properties'] ?? {}),
      activation:
        services === undefined
          ? activation
          : {
              ...activation,
              services: services.map((service) => ({
                ...service,
                fingerprint: serviceFingerprint(service['name'] as string, files),
              })),
            },
    };
  });
  return { ...manifest, units } as unknown as OwnManifest;
};

/**
 * Makes exactly the profile again that a version has built, for the packages of this machine.
 *
 * @throws Error for a package that is not among those of the place
 */
export const restoreProfile = (
  { texts }: Pick<RecordedVersion, 'texts'>,
  { files, texts: ids, manifest }: RecordedProfile,
  { storeDir, stateDir, packages, portOf = (port) => port }: Place,
): RestoredProfile => {
  const scanner = new ReferenceScanner(storeDir, packages.values());
  const storeTexts = new StoreTexts(storeDir, scanner);
  const paths = new Map<string, string>();
  const fill = (text: string): string =>
    text
      // The models' ports are between 15000 and 15199.
      .replace(/(?<![\w.-])15[01]\d\d(?!\w)/g, (port) => String(portOf(Number(port))))
      .replace(/@(store|text):([^@]+)@/g, (_, kind: string, name: string) => {
        const path = (kind === 'store' ? packages : paths).get(name);
        if (path === undefined) throw new Error(`the recorded profile needs ${name}, which this version does not`);
        return path;
      })
      .replaceAll('@state@', stateDir)
      .replaceAll('@storeDir@', storeDir)
      .replaceAll('@profile@', profileItself);
  for (const id of ids) {
    const { name, text } = texts[id] ?? { name: '', text: '' };
    paths.set(id, storeTexts.add(name, fill(text)));
  }
  const filled = files.map((file) =>
    'text' in file ? { ...file, text: fill(file.text) } : { ...file, target: fill(file.target) },
  );
  // Within JSON: no path and no number in it needs other characters there.
  const restored = withFingerprints(JSON.parse(fill(JSON.stringify(manifest))) as JsonObject, filled);
  const profileFiles: readonly ProfileFile[] = [
    ...filled.map((file): ProfileFile => ('text' in file ? { kind: 'file', ...file } : { kind: 'link', ...file })),
    {
      kind: 'file',
      path: manifestPath,
      text: `${toStableJson(restored as unknown as JsonObject)}\n`,
      executable: false,
    },
  ];
  return {
    manifest: restored,
    document: profileDocument({
      name: 'processes',
      builder: restored.builder,
      files: profileFiles,
      texts: storeTexts.all(),
      scanner,
    }),
  };
};
