import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Deployment } from './deployment.js';

interface Entry {
  readonly heading: string;
  readonly text: string;
}

const readTree = async (root: string, path: string): Promise<readonly Entry[]> => {
  const file = join(root, path);
  const stats = await lstat(file);
  if (stats.isSymbolicLink()) return [{ heading: `${path} -> ${await readlink(file)}`, text: '' }];
  if (stats.isDirectory()) {
    const names = (await readdir(file)).sort();
    return (await Promise.all(names.map((name) => readTree(root, join(path, name))))).flat();
  }
  const executable = (stats.mode & 0o111) !== 0;
  const content = await readFile(file, 'utf8');
  const text = path.endsWith('.json') ? `${JSON.stringify(JSON.parse(content), null, 2)}\n` : content;
  return [{ heading: `${path}${executable ? ' (executable)' : ''}`, text }];
};

/** Generated scripts are single files of the store; packages are directories, and not what is compared. */
const readReferences = async (paths: readonly string[]): Promise<readonly Entry[]> => {
  const entries = await Promise.all(
    paths.map(async (path) =>
      (await lstat(path)).isFile()
        ? [{ heading: `store: ${basename(path).slice(33)}`, text: await readFile(path, 'utf8') }]
        : [],
    ),
  );
  return entries.flat().sort((a, b) => (a.heading + a.text < b.heading + b.text ? -1 : 1));
};

/**
 * All of a profile in one text: every file, link and mode, and the scripts that it refers to. Hashes of the store are
 * left out, since they depend on the machine's packages.
 */
export const profileText = async (path: string, { run }: Deployment): Promise<string> => {
  const { stdout } = await run('nix-store', '--query', '--requisites', path);
  const references = stdout.split('\n').filter((line) => line !== '' && line !== path);
  const entries = [...(await readTree(path, '.')), ...(await readReferences(references))];
  const text = entries.map(({ heading, text: content }) => `===== ${heading}\n${content}`).join('\n');
  const storeDir = path.slice(0, path.lastIndexOf('/'));
  return text
    .replaceAll(storeDir, '/nix/store')
    .replace(/(\/nix\/store\/)[0-9a-z]{32}-/g, '$1HASH-')
    .replace(/("fingerprint": ")[0-9a-f]{64}/g, '$1HASH');
};
