import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ReferenceScanner } from '../../profile/store-texts.js';
import { ActivationError } from '../../system/errors.js';
import { nixOptions } from '../../system/nix-options.js';
import { nixDirectory } from '../../system/nix-directory.js';
import type { Ports, Run, RunRequest, RunResult } from '../../system/ports.js';
import type { DeployedProfile } from '../backend.js';
import { manifestDocument } from './manifest-document.js';

/** Runs a command that has to succeed. @throws ActivationError with what it says on stderr */
export const must = async (run: Run, request: RunRequest, what: string): Promise<RunResult> => {
  const result = await run(request);
  if (result.exitCode === 0) return result;
  throw new ActivationError({ what, why: result.stderr.trim() || `exit code ${String(result.exitCode)}` });
};

/**
 * Builds the manifest that Disnix reads of a generation.
 *
 * @param isEmpty whether the manifest has none of the profile's processes
 * @param outLink where to make a link that keeps it
 * @returns its path in the store
 * @throws ActivationError when Nix cannot build it
 */
export const buildManifest = async (
  profile: DeployedProfile,
  isEmpty: boolean,
  outLink: string,
  { run, env }: Pick<Ports, 'run' | 'env'>,
): Promise<string> => {
  const what = 'The manifest for Disnix cannot be built';
  const storeDir = dirname(profile.path);
  const { stdout: references } = await must(
    run,
    { file: 'nix-store', args: ['--query', '--references', profile.path] },
    what,
  );
  const document = await manifestDocument(
    profile,
    isEmpty ? [] : profile.units,
    env['DISNIX_CLIENT_INTERFACE'] ?? 'disnix-run-activity',
    new ReferenceScanner(storeDir, references.split('\n')),
  );
  const hostPackages = !document.shell.startsWith(`${storeDir}/`);
  const documentFile = `${outLink}.json`;
  await writeFile(documentFile, JSON.stringify(document));
  const { stdout } = await must(
    run,
    {
      file: 'nix-build',
      args: [
        join(nixDirectory, 'disnix-manifest.nix'),
        ...['--argstr', 'documentFile', documentFile, '--out-link', outLink],
        ...nixOptions({ offline: true, hostPackages, showTrace: false }, env),
      ],
    },
    what,
  );
  return stdout.trim();
};
