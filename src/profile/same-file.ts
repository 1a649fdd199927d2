import { readFileSync, statSync } from 'node:fs';
import type { ProfileFile } from '../backends/backend.js';

/** What a file of a profile comes to; null for what is none, or cannot be read. */
const contentOf = (file: ProfileFile): { readonly bytes: Buffer; readonly executable: boolean } | null => {
  if (file.kind === 'file') return { bytes: Buffer.from(file.text), executable: file.executable };
  try {
    const stats = statSync(file.target);
    if (!stats.isFile()) return null;
    return { bytes: readFileSync(file.target), executable: (stats.mode & 0o111) !== 0 };
  } catch {
    return null;
  }
};

/** Whether two files of one path are the same for whoever reads the profile: links to one place, or equal contents. */
export const isSameFile = (one: ProfileFile, other: ProfileFile): boolean => {
  if (one.kind === 'link' && other.kind === 'link' && one.target === other.target) return true;
  const [first, second] = [contentOf(one), contentOf(other)];
  return (
    first !== null && second !== null && first.executable === second.executable && first.bytes.equals(second.bytes)
  );
};
