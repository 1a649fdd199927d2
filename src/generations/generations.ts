import { lstat, mkdir, readdir, readlink, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ActivationError, UsageError } from '../system/errors.js';
import { errnoOf } from '../state/file-errors.js';
import type { Ports } from '../system/ports.js';
import type { ProfileLocation } from './profile-location.js';

/** One version of a profile. */
export interface Generation {
  readonly number: number;
  /** The link "processes-7-link". */
  readonly link: string;
  readonly created: Date;
  readonly isCurrent: boolean;
}

const numberOf = (profile: string, entry: string): number | null => {
  if (!entry.startsWith(`${profile}-`)) return null;
  const match = /^(\d+)-link$/.exec(entry.slice(profile.length + 1));
  return match === null ? null : Number(match[1]);
};

const currentLink = async ({ link }: ProfileLocation): Promise<string | null> => {
  try {
    return basename(await readlink(link));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    if (errnoOf(error) !== 'EINVAL') throw error;
    throw new UsageError({
      what: `${link} is not a profile`,
      why: 'It is a file or a directory, not a link to a generation',
      fix: 'Choose another profile with -p, or move it away',
    });
  }
};

/** The generations of a profile, oldest first; none when the profile does not exist. */
export const listGenerations = async (location: ProfileLocation): Promise<readonly Generation[]> => {
  const directory = dirname(location.link);
  let entries: readonly string[];
  try {
    entries = await readdir(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
  const current = await currentLink(location);
  const generations = await Promise.all(
    entries.flatMap((entry) => {
      const number = numberOf(location.name, entry);
      const link = join(directory, entry);
      return number === null
        ? []
        : [lstat(link).then(({ mtime }) => ({ number, link, created: mtime, isCurrent: entry === current }))];
    }),
  );
  return generations.sort((a, b) => a.number - b.number);
};

/** @throws UsageError when there is no generation of this number */
export const requireGeneration = async (location: ProfileLocation, number: number): Promise<Generation> => {
  const found = (await listGenerations(location)).find((generation) => generation.number === number);
  if (found !== undefined) return found;
  throw new UsageError({
    what: `The profile ${location.link} has no generation ${String(number)}`,
    fix: 'See which ones there are with: nix-processmgmt-ts generations list',
  });
};

/** The number of the current generation; null when there is none. */
export const currentGeneration = async (location: ProfileLocation): Promise<number | null> => {
  const current = await currentLink(location);
  return current === null ? null : numberOf(location.name, current);
};

const nixEnv = async (location: ProfileLocation, args: readonly string[], { run }: Ports): Promise<void> => {
  await mkdir(dirname(location.link), { recursive: true });
  const { exitCode, stderr } = await run({ file: 'nix-env', args: ['--profile', location.link, ...args] });
  if (exitCode !== 0) {
    throw new ActivationError({
      what: `The profile ${location.link} cannot be changed`,
      why: stderr.trim().replace(/^error: */, ''),
      fix: 'Check that you may write to its directory, and that the disk is not full',
    });
  }
};

/** Makes a built profile the newest generation, unless it is the current one already. */
export const setGeneration = async (location: ProfileLocation, path: string, ports: Ports): Promise<void> => {
  const current = await realpath(location.link).catch(() => null);
  if (current === path) return;
  await nixEnv(location, ['--set', path], ports);
};

/** Makes an existing generation the current one. */
export const switchGeneration = (location: ProfileLocation, number: number, ports: Ports): Promise<void> =>
  nixEnv(location, ['--switch-generation', String(number)], ports);

/** Deletes a profile with all of its generations; what they run is not stopped. */
export const deleteAllGenerations = async (location: ProfileLocation): Promise<void> => {
  const generations = await listGenerations(location);
  for (const path of [location.link, ...generations.map(({ link }) => link)]) await rm(path, { force: true });
};

/** Deletes generations by their numbers; none of them may be the current one. @throws ActivationError */
export const deleteGenerations = async (
  location: ProfileLocation,
  numbers: readonly number[],
  ports: Ports,
): Promise<void> => {
  if (numbers.length > 0) await nixEnv(location, ['--delete-generations', ...numbers.map(String)], ports);
};
