import { withDir } from 'tmp-promise';
import type { EvaluationSettings } from '../evaluate/evaluation-request.js';
import type { Ports } from '../system/ports.js';
import { buildProfile } from './build-profile.js';
import { givenOptionsFiles } from './given-options.js';
import type { Manifest, OwnManifest, ProfileBuilder } from './manifest.js';
import { manifestFile, profileDocument } from './profile-document.js';
import { ReferenceScanner } from './store-texts.js';
import { temporaryOptions } from '../state/temporary-names.js';

/**
 * Builds the profile of a deployment in which nothing runs.
 *
 * @param after the manifest of the deployment that it follows
 * @param builder that deployment's
 * @param given the options that it was built with
 */
export const buildEmptyProfile = async (
  after: Manifest & Pick<OwnManifest, 'manager'>,
  builder: ProfileBuilder,
  given: EvaluationSettings,
  outLink: string,
  ports: Ports,
): Promise<string> => {
  const { shell, coreutils } = builder;
  const storeDir = /^(.*)\/[0-9a-z]{32}-/.exec(coreutils)?.[1] ?? '/nix/store';
  const storePaths = [shell, coreutils].flatMap((path) => /^.*?\/[0-9a-z]{32}-[^/]+/.exec(path)?.[0] ?? []);
  const scanner = new ReferenceScanner(storeDir, storePaths);
  const document = profileDocument({
    name: 'processes',
    builder,
    files: [
      manifestFile({
        formatVersion: after.formatVersion,
        manager: after.manager,
        directories: after.directories,
        forceDisableUserChange: after.forceDisableUserChange,
        builder,
        hostPackages: after.hostPackages,
        data: {},
        units: [],
      }),
      ...givenOptionsFiles(given),
    ],
    texts: [],
    scanner,
  });
  const nix = { offline: true, hostPackages: after.hostPackages, showTrace: false };
  return withDir(
    ({ path }) => buildProfile(() => Promise.resolve({ document }), path, outLink, nix, ports),
    temporaryOptions(),
  );
};
