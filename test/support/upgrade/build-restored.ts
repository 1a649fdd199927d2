import { chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { documentFiles, type ProfileDocument } from '../../../src/profile/profile-document.js';
import type { Deployment } from '../deployment.js';

/**
 * Builds a profile from its document, in the store of a deployment.
 *
 * @returns its store path
 */
export const buildRestored = async (document: ProfileDocument, deployment: Deployment): Promise<string> => {
  const { directory, toolWords, run } = deployment;
  const place = await mkdtemp(join(directory, 'restored-'));
  const owner = await stat(deployment.stateDir);
  await chown(place, owner.uid, owner.gid);
  for (const [name, text] of Object.entries(documentFiles(document))) await writeFile(join(place, name), text);
  const nix = join(toolWords[1], '..', '..', 'nix', 'profile.nix');
  const expression = `import ${nix} { documentDirectory = ${place}; }`;
  const { exitCode, stdout, stderr } = await run(
    ...(['nix-build', '--no-out-link', '--option', 'build-users-group', '', '--option', 'sandbox', 'false'] as const),
    ...['--expr', expression],
  );
  await rm(place, { recursive: true });
  if (exitCode !== 0) throw new Error(`the recorded profile cannot be built: ${stderr}`);
  return stdout.trim();
};
