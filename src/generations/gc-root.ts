import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ActivationError } from '../system/errors.js';
import type { Ports } from '../system/ports.js';

/**
 * Makes a link that keeps a store path from being collected as long as the link is there.
 *
 * @param link replaced when it is there already; its directory is made when it is missing
 * @param what the sentence that says what cannot be done when it fails
 * @throws ActivationError
 */
export const addRoot = async (path: string, link: string, what: string, { run }: Pick<Ports, 'run'>): Promise<void> => {
  await mkdir(dirname(link), { recursive: true });
  await rm(link, { force: true });
  const { exitCode, stderr } = await run({
    file: 'nix-store',
    args: ['--realise', path, '--add-root', link, '--indirect'],
  });
  if (exitCode === 0) return;
  throw new ActivationError({
    what,
    why: stderr.trim().replace(/^error: */, ''),
    fix: 'Check that you may write there, and that the disk is not full',
  });
};
