import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { manifestPath } from '../../../src/profile/manifest-path.js';
import { placeholder, storeName, versions, type Template, type Version } from './profiles.js';

/** The machine of one case: a directory with a store, profiles, state and a home. */
export interface World {
  readonly directory: string;
  readonly template: Template;
  /** The profile of a version in the store. */
  readonly profileOf: (version: Version) => string;
  readonly manifestOf: (version: Version) => string;
  /** The link of the deployment. */
  readonly link: string;
  /** What is kept beside it. */
  readonly stateDirectory: string;
  readonly env: NodeJS.ProcessEnv;
  /** Writes a file anywhere below the directory, and the directories on the way to it. */
  readonly write: (path: string, text: string | Buffer) => void;
  readonly remove: () => void;
}

/**
 * Makes the machine of a case, with both versions in its store.
 *
 * @param deployed the version that is the current generation, 2; generation 1 is the other one. Null: nothing is deployed
 */
export const createWorld = (template: Template, deployed: Version | null): World => {
  const directory = mkdtempSync(join(tmpdir(), 'case-'));
  const at = (...names: readonly string[]): string => join(directory, ...names);
  for (const name of ['profiles', 'home', 'tmp', 'work', 'config/systemd/user', 'var/run', 'var/log', 'var/tmp']) {
    mkdirSync(at(name), { recursive: true });
  }
  const write = (path: string, text: string | Buffer): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  const profileOf = (version: string): string => at('nix', 'store', storeName(version));
  for (const version of versions) {
    for (const { path, text, kind, executable } of template.versions[version]) {
      const file = join(profileOf(version), path);
      const own = text.replaceAll(placeholder, directory);
      mkdirSync(dirname(file), { recursive: true });
      if (kind === 'link') symlinkSync(own, file);
      else writeFileSync(file, own);
      if (executable) chmodSync(file, 0o755);
    }
  }
  const link = at('profiles', 'processes');
  if (deployed !== null) {
    const other = deployed === 'a' ? 'b' : 'a';
    symlinkSync(profileOf(other), `${link}-1-link`);
    symlinkSync(profileOf(deployed), `${link}-2-link`);
    symlinkSync('processes-2-link', link);
  }
  return {
    directory,
    template,
    profileOf,
    manifestOf: (version) => join(profileOf(version), manifestPath),
    link,
    stateDirectory: at('profiles', '.nix-processmgmt-ts', 'processes'),
    env: {
      PATH: '/usr/bin:/bin',
      HOME: at('home'),
      TMPDIR: at('tmp'),
      XDG_CONFIG_HOME: at('config'),
      XDG_STATE_HOME: at('home', 'state'),
      XDG_RUNTIME_DIR: at('var', 'run'),
      NIX_USER_PROFILE_DIR: at('profiles'),
      NIX_STORE_DIR: at('nix', 'store'),
      SYNIT_TARGET_DIR: at('config'),
      NIXPROC_STATE_DIR: at('var'),
      NIXPROC_SETTLE: '0',
      NIXPROC_ANSWER_TIMEOUT: '1',
    },
    write,
    remove: () => {
      rmSync(directory, { recursive: true, force: true });
    },
  };
};
