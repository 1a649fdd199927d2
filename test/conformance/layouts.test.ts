import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isDirectoryIn } from '../../src/backends/shared/read-tree.js';
import { loadBackend, managerNames, parseManagerName } from '../../src/backends/registry.js';
import { readForeignProfile } from '../../src/profile/foreign-profile.js';
import type { Manifest } from '../../src/profile/manifest.js';
import { manifestPath } from '../../src/profile/manifest-path.js';
import { loadHarnesses } from '../contract/harnesses.js';
import { repository } from '../support/repository.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

/** The directory of a profile: only those are understood by their layout. */
const storeName = '00000000000000000000000000000000-processes';

interface Golden {
  readonly root: string;
  readonly manifest: Manifest;
}

/** Writes the files of a golden profile to the disk, but for its manifest. */
const writeGolden = async (directory: string, name: string): Promise<Golden> => {
  const text = await readFile(join(repository, 'fixtures/golden', `${name}.txt`), 'utf8');
  const root = join(directory, name.replace('/', '-'), storeName);
  let manifest: Manifest | null = null;
  for (const entry of `\n${text}`.split('\n===== ').slice(1)) {
    const end = entry.indexOf('\n');
    const [heading, content] = [entry.slice(0, end), entry.slice(end + 1)];
    if (heading.startsWith('store: ')) continue;
    const [path = '', target] = heading.replace(' (executable)', '').split(' -> ');
    if (path === manifestPath) {
      manifest = JSON.parse(content) as Manifest;
      continue;
    }
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    if (target !== undefined) await symlink(target, file);
    else {
      await writeFile(file, content);
      if (heading.endsWith(' (executable)')) await chmod(file, 0o755);
    }
  }
  if (manifest === null) throw new Error(`${name} has no manifest`);
  return { root, manifest };
};

const harnesses = await loadHarnesses();

// The profile of each manager, without its manifest, is what other tools make too.
describe.each(managerNames)('the layout of a profile for %s', (name) => {
  const { says, tells = 'dependencies' } = harnesses.get(name)?.layout ?? { says: [] };
  let place: TemporaryDirectory;
  let golden: Golden;
  beforeAll(async () => {
    place = await makeTemporaryDirectory();
    golden = await writeGolden(place.path, `webapps/${name}-privileged`);
  });
  afterAll(() => place.remove());

  test('tells the manager, the processes, their order and their accounts', async () => {
    const { root, manifest } = golden;
    const read = await readForeignProfile(root, manifest);
    expect(read).toMatchObject({ manager: name, isForeign: true, directories: manifest.directories });
    const byName = (units: Manifest['units']): object =>
      Object.fromEntries(
        units.map((unit) => [
          unit.name,
          {
            level: tells === 'nothing' ? 0 : unit.level,
            dependencies: tells === 'dependencies' ? unit.dependencies : [],
          },
        ]),
      );
    expect(byName(read?.units ?? [])).toEqual(byName(manifest.units));
    const users = (units: Manifest['units']): readonly string[] =>
      units.flatMap(({ credentials }) => credentials.users.map((user) => user.name)).sort();
    if (await isDirectoryIn(root, 'dysnomia-support')) expect(users(read?.units ?? [])).toEqual(users(manifest.units));
  });

  test('tells what activation has to know of a process', async () => {
    const backend = await loadBackend(parseManagerName(name));
    const { root, manifest } = golden;
    const read = (await backend.readLayout?.(root, manifest.directories))?.units.find((unit) => unit.name === 'nginx');
    const own = manifest.units.find((unit) => unit.name === 'nginx')?.activation ?? {};
    expect(says.length).toBeGreaterThan(0);
    const pick = (activation: Readonly<Record<string, unknown>>): object =>
      Object.fromEntries(says.map((key) => [key, activation[key]]));
    expect(pick(read?.activation ?? {})).toEqual(pick(own));
  });
});

test('an empty profile runs nothing under nobody, and what is no profile is nothing', async () => {
  const place = await makeTemporaryDirectory();
  try {
    const empty = join(place.path, storeName);
    await mkdir(empty);
    expect(await readForeignProfile(empty, null)).toMatchObject({ manager: null, units: [] });
    await writeFile(join(empty, 'README'), 'a package');
    expect(await readForeignProfile(empty, null)).toBeNull();
    const elsewhere = join(place.path, 'elsewhere');
    await mkdir(elsewhere);
    expect(await readForeignProfile(elsewhere, null)).toBeNull();
  } finally {
    await place.remove();
  }
});
