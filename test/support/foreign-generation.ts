import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Deployment } from './deployment.js';

/** Files by their paths; scripts are executable. Links lead to where their text says. */
export interface ForeignFile {
  readonly text: string;
  readonly executable?: boolean;
}

/**
 * Makes a profile as another tool would: a tree of files in the store, without a manifest.
 *
 * @returns its store path
 */
export const addForeignProfile = async (
  { directory, run }: Pick<Deployment, 'directory' | 'run'>,
  files: Readonly<Record<string, ForeignFile>>,
  name = 'processes-of-another-tool',
): Promise<string> => {
  const root = join(directory, name);
  await mkdir(root);
  for (const [path, { text, executable = false }] of Object.entries(files)) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode: executable ? 0o755 : 0o644 });
  }
  const owner = await run('id', '-u');
  await chown(root, Number(owner.stdout), -1);
  const { exitCode, stdout, stderr } = await run('nix-store', '--add', root);
  if (exitCode !== 0) throw new Error(`nix-store --add: ${stderr}`);
  await rm(root, { recursive: true });
  return stdout.trim();
};

/** Makes a profile in the store the newest generation, as other tools do: what runs is not touched. */
export const setForeignGeneration = async (
  { profilesDir, run }: Pick<Deployment, 'profilesDir' | 'run'>,
  path: string,
): Promise<void> => {
  const { exitCode, stderr } = await run('nix-env', '--profile', join(profilesDir, 'processes'), '--set', path);
  if (exitCode !== 0) throw new Error(`nix-env --set: ${stderr}`);
};
