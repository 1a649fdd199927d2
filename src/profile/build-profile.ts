import { existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreContext } from '../evaluate/store-context.js';
import { writeTemporaryFile } from '../state/temporary-file.js';
import { BuildError } from '../system/errors.js';
import { nixOptions, type NixOptions } from '../system/nix-options.js';
import { nixDirectory } from '../system/nix-directory.js';
import { buildsElsewhere, explainSandbox, inOlderWords } from '../system/nix-words.js';
import { nixString } from '../system/nix-text.js';
import type { Ports } from '../system/ports.js';
import { documentFiles, type ProfileDocument } from './profile-document.js';

/** What a builder printed last says more than Nix, whose own words begin at the first "error:". */
const failureOf = (said: string): string => {
  const stderr = inOlderWords(said);
  const start = stderr.search(/^error:/m);
  if (start === -1) return stderr.trim();
  const printed = stderr
    .slice(0, start)
    .split('\n')
    .filter((line) => !/^(?:$|warning: |building '|th(?:is|ese).*derivations? will be | {2}\/)/.test(line))
    .slice(-10);
  return [
    stderr
      .slice(start)
      .trim()
      .replace(/^error: */, ''),
    ...printed,
  ].join('\n');
};

/** What a failed build says, and what to do about it. */
const explainBuild = (what: string, stderr: string, fix?: string): BuildError => {
  const why = failureOf(stderr);
  const wayOut = buildsElsewhere(stderr) ?? fix;
  return new BuildError({
    what,
    ...(explainSandbox(stderr) ?? { why, ...(wayOut === undefined ? {} : { fix: wayOut }) }),
  });
};

const buildLogOf = (stderr: string): string => {
  const drv = /(\/[^\s']+\.drv)/.exec(failureOf(stderr))?.[1];
  return drv === undefined ? '' : `See the whole build log with: nix-store --read-log ${drv}`;
};

/**
 * Builds what the model refers to. Returns every store path that a rendered text may refer to.
 *
 * @param roots a directory that keeps the results from being collected until it is removed
 * @throws BuildError
 */
export const realise = async (
  { derivations, sources }: StoreContext,
  roots: string,
  options: NixOptions,
  { run, env, log }: Ports,
  stderr: { readonly isTTY?: boolean } = process.stderr,
): Promise<readonly string[]> => {
  const paths: string[] = [...sources];
  for (let start = 0; start < derivations.length; start += 1000) {
    const some = derivations.slice(start, start + 1000);
    log.debug({ derivations: some.length }, 'realising what the model refers to');
    const {
      exitCode,
      stdout,
      stderr: said,
    } = await run({
      file: 'nix-store',
      // Somebody who watches wants to see what takes so long.
      mode: stderr.isTTY === true ? 'watch' : 'capture',
      args: [
        '--realise',
        ...nixOptions(options, env),
        ...['--add-root', join(roots, `requirement-${String(start)}`), '--indirect'],
        ...some.map(({ path, outputs }) => `${path}!${outputs.join(',')}`),
      ],
    });
    if (exitCode !== 0) {
      const fix = buildLogOf(said) || 'Correct the package that Nix names';
      throw explainBuild('A package of the model cannot be built', said, fix);
    }
    // With --add-root, nix-store prints the links it made rather than their targets.
    const links = stdout.split('\n').filter((line) => line !== '');
    paths.push(...(await Promise.all(links.map((link) => readlink(link)))));
  }
  return paths;
};

/** Whether everything seems to be built; a path may still have been left unfinished, or be collected now. */
export const isThere = ({ storePaths }: StoreContext): boolean =>
  storePaths.every((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined);

/** What a profile is built from. */
export interface ProfileSource {
  readonly document: ProfileDocument;
  /** Called when Nix has all that it needs, for what can be done while it builds. */
  readonly meanwhile?: () => void;
}

const isOnePath = (text: string): boolean => /^\/[^\n]+$/.test(text) && existsSync(text);

/** What Nix said was built is none of our profiles: something else is called nix-build, or it was cut off. */
export const notBuilt = (path: string): BuildError =>
  new BuildError({
    what: 'Nix did not build the profile, although it says that all went well',
    why: path === '' ? 'It printed no path' : `There is no profile at ${path}`,
    fix: 'Look at what is called nix-build on PATH, and check the store with: nix-store --verify --check-contents',
  });

const expressionOf = (documentDirectory: string): string =>
  `import ${nixString(join(nixDirectory, 'profile.nix'))} {
  documentDirectory = ${nixString(documentDirectory)};
}`;

/**
 * Builds the profile with one nix-build, which starts at once: until it can look at anything it takes as long as rendering
 * does.
 *
 * @param render when it fails, nothing is built
 * @param directory a temporary one of the caller's, for the files that Nix reads
 * @param outLink where to make a link that keeps it from being collected
 * @returns the profile's store path
 * @throws BuildError
 */
export const buildProfile = async (
  render: () => Promise<ProfileSource>,
  directory: string,
  outLink: string,
  options: NixOptions,
  { run, env }: Ports,
): Promise<string> => {
  const { exitCode, stdout, stderr } = await run({
    file: 'nix-build',
    input: async () => {
      const { document, meanwhile } = await render();
      for (const [name, text] of Object.entries(documentFiles(document))) {
        writeTemporaryFile(join(directory, name), text);
      }
      if (meanwhile !== undefined) setImmediate(meanwhile);
      return expressionOf(directory);
    },
    args: [...['-', '--out-link', outLink], ...nixOptions(options, env)],
  });
  if (exitCode !== 0) throw explainBuild('The profile cannot be built', stderr);
  const path = stdout.trim();
  if (isOnePath(path)) return path;
  throw new BuildError({
    what: 'What nix-build printed cannot be understood, although it says that all went well',
    why: `${path === '' ? 'It printed nothing' : `It printed: ${path.slice(0, 300)}`}\n${stderr.trim()}`.trim(),
    fix: 'Look at what is called nix-build on PATH',
  });
};

/**
 * Builds several profiles with one nix-build.
 *
 * @param directory a temporary one of the caller's, for the files that Nix reads; a link in it keeps the profiles from being
 *   collected
 * @returns their store paths, in the order of the documents
 * @throws BuildError
 */
export const buildProfiles = async (
  documents: readonly ProfileDocument[],
  directory: string,
  options: NixOptions,
  { run, env }: Ports,
): Promise<readonly string[]> => {
  const profiles = documents.map((document, index) => {
    const place = join(directory, `document-${String(index)}`);
    mkdirSync(place);
    for (const [name, text] of Object.entries(documentFiles(document))) writeTemporaryFile(join(place, name), text);
    return `(${expressionOf(place)})`;
  });
  const { exitCode, stdout, stderr } = await run({
    file: 'nix-build',
    // The list tells which is which, and keeps all of them. Every sandbox has this shell.
    input: `derivation {
      name = "profiles";
      system = builtins.currentSystem;
      builder = "/bin/sh";
      args = [ "-ec" "printf '%s\\n' $profiles >$out; exit 0" ];
      allowSubstitutes = false;
      preferLocalBuild = true;
      profiles = [ ${profiles.join('\n')} ];
    }`,
    args: [...['-', '--out-link', join(directory, 'profiles')], ...nixOptions(options, env)],
  });
  if (exitCode !== 0) throw explainBuild('A profile cannot be built', stderr);
  const list = stdout.trim();
  if (!isOnePath(list)) throw notBuilt(list);
  return readFileSync(list, 'utf8').trim().split('\n');
};
