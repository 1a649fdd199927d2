import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { manifestPath } from '../../../src/profile/manifest-path.js';
import { textStorePath } from '../../../src/profile/store-texts.js';
import type { StorePath } from '../../../src/model/process-model.js';
import type { Json, JsonObject } from '../../../src/system/json.js';
import { isJsonObject } from '../../../src/system/json.js';
import type { Deployment } from '../deployment.js';
import { recordedFile, type RecordedFile, type RecordedProfile, type RecordedVersion } from './recorded-profile.js';

/** The name of a store path, without its hash. */
export const packageName = (path: string): string => basename(path).slice(33);

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

/** What a profile refers to, directly or not. */
const requisites = async (profile: string, { run }: Deployment): Promise<readonly string[]> => {
  const { stdout } = await run('nix-store', '--query', '--requisites', profile);
  return lines(stdout).filter((path) => path !== profile);
};

/** The same, by name; of what is called the same, one. */
export const packagesOf = async (profile: string, deployment: Deployment): Promise<ReadonlyMap<string, string>> =>
  new Map((await requisites(profile, deployment)).map((path) => [packageName(path), path]));

const readTree = async (root: string, path = ''): Promise<readonly RecordedFile[]> => {
  const file = join(root, path);
  const stats = await lstat(file);
  if (stats.isSymbolicLink()) return [{ path, target: await readlink(file) }];
  if (!stats.isDirectory()) {
    return [{ path, text: await readFile(file, 'utf8'), executable: (stats.mode & 0o111) !== 0 }];
  }
  const names = (await readdir(file)).sort();
  return (await Promise.all(names.map((name) => readTree(root, join(path, name))))).flat();
};

interface Text {
  readonly name: string;
  readonly text: string;
  readonly references: readonly string[];
}

/** The texts (builtins.toFile) among what a profile refers to, by store path. */
const readTexts = async (
  paths: readonly string[],
  storeDir: string,
  { run }: Deployment,
): Promise<ReadonlyMap<string, Text>> => {
  const texts = new Map<string, Text>();
  for (const path of paths) {
    if (!(await lstat(path)).isFile()) continue;
    const references = [...lines((await run('nix-store', '--query', '--references', path)).stdout)].sort();
    const text = await readFile(path, 'utf8');
    const name = packageName(path);
    if (textStorePath(storeDir, name, text, references as StorePath[]) === path)
      texts.set(path, { name, text, references });
  }
  return texts;
};

const withoutFingerprints = (value: Json): Json => {
  if (Array.isArray(value)) return (value as readonly Json[]).map(withoutFingerprints);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === 'fingerprint' && typeof member === 'string' && /^[0-9a-f]{64}$/.test(member)
        ? ''
        : withoutFingerprints(member),
    ]),
  );
};

/** Takes out of a built profile what is the machine's. */
export const recordProfile = async (
  profile: string,
  stateDir: string,
  deployment: Deployment,
): Promise<{ readonly texts: RecordedVersion['texts']; readonly profile: RecordedProfile }> => {
  const storeDir = dirname(profile);
  const packages = await requisites(profile, deployment);
  const texts = await readTexts(packages, storeDir, deployment);
  const ids = new Map<string, string>();
  const generalize = (text: string): string =>
    text
      .replaceAll(profile, '@profile@')
      .replace(new RegExp(`${storeDir}/[0-9a-z]{32}-[A-Za-z0-9+._?=-]+`, 'g'), (candidate) => {
        const known = packages.find((path) => candidate.startsWith(path));
        if (known === undefined) throw new Error(`${profile} mentions ${candidate}, which it does not refer to`);
        const [kind, word] = texts.has(known) ? ['text', ids.get(known) ?? ''] : ['store', packageName(known)];
        return `@${kind}:${word}@${candidate.slice(known.length)}`;
      })
      .replaceAll(storeDir, '@storeDir@')
      .replaceAll(stateDir, '@state@');
  const recordedTexts: Record<string, { name: string; text: string }> = {};
  while (ids.size < texts.size) {
    for (const [path, { name, text, references }] of texts) {
      if (ids.has(path) || references.some((reference) => texts.has(reference) && !ids.has(reference))) continue;
      const general = { name, text: generalize(text) };
      const id = createHash('sha256').update(JSON.stringify(general)).digest('hex').slice(0, 12);
      ids.set(path, id);
      recordedTexts[id] = general;
    }
  }
  const files = await readTree(profile);
  const manifest = files.find(({ path }) => path === manifestPath);
  if (manifest === undefined || !('text' in manifest)) throw new Error(`${profile} has no manifest`);
  return {
    texts: recordedTexts,
    profile: {
      files: files
        .filter((file) => file !== manifest)
        .map((file) =>
          'text' in file ? { ...file, text: generalize(file.text) } : { ...file, target: generalize(file.target) },
        ),
      texts: [...ids.values()],
      manifest: withoutFingerprints(JSON.parse(generalize(manifest.text)) as Json) as JsonObject,
    },
  };
};

/** Adds a profile to what is recorded of a version. */
export const addToRecord = async (
  version: string,
  key: string,
  { texts, profile }: Awaited<ReturnType<typeof recordProfile>>,
): Promise<void> => {
  const file = recordedFile(version);
  const before = JSON.parse(await readFile(file, 'utf8').catch(() => '{"texts":{},"profiles":{}}')) as RecordedVersion;
  const sorted = <T>(members: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));
  await mkdir(dirname(file), { recursive: true });
  const after = {
    texts: sorted({ ...before.texts, ...texts }),
    profiles: sorted({ ...before.profiles, [key]: profile }),
  };
  await writeFile(file, `${JSON.stringify(after, null, 1)}\n`);
};
