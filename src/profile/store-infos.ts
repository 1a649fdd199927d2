import type { StorePathInfo } from '../plan/closure-difference.js';
import { ActivationError } from '../system/errors.js';
import type { Ports } from '../system/ports.js';

/** How many paths are named in one command: the kernel takes 2 MiB of arguments, a path has at most 260 bytes or so. */
const pathsAtOnce = 5000;

/**
 * Reads what `nix-store --dump-db` prints (the format that --load-db and registerValidity read, with hashes): for each
 * path the lines path, hash, size, deriver or nothing, number of references, references.
 */
export const parseStoreInfos = (text: string): readonly StorePathInfo[] => {
  const lines = text.split('\n');
  const infos: StorePathInfo[] = [];
  for (let at = 0; at + 5 <= lines.length;) {
    const [path = '', , size, deriver, count] = lines.slice(at, at + 5);
    const references = lines.slice(at + 5, at + 5 + Number(count));
    infos.push({ path, size: Number(size), references, wasBuilt: deriver !== '' });
    at += 5 + references.length;
  }
  return infos;
};

/**
 * Asks Nix, in two calls, about store paths and everything that they refer to.
 *
 * @throws ActivationError with Nix' words when a path is not in the store
 */
export const readStoreInfos = async (
  paths: readonly string[],
  { run }: Pick<Ports, 'run'>,
): Promise<ReadonlyMap<string, StorePathInfo>> => {
  if (paths.length === 0) return new Map();
  const ask = async (args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await run({ file: 'nix-store', args });
    if (exitCode === 0) return stdout;
    throw new ActivationError({
      what: 'Nix does not tell what the profile needs of its store',
      why: stderr.trim().replace(/^error: */, ''),
      fix: 'Check the store with: nix-store --verify',
    });
  };
  const listed = (await ask(['--query', '--requisites', ...paths])).split('\n').filter((line) => line !== '');
  const all = [...new Set(listed)];
  const infos = new Map<string, StorePathInfo>();
  for (let start = 0; start < all.length; start += pathsAtOnce) {
    const text = await ask(['--dump-db', ...all.slice(start, start + pathsAtOnce)]);
    for (const info of parseStoreInfos(text)) infos.set(info.path, info);
  }
  return infos;
};
