import { constants, lstatSync, readlinkSync, statSync } from 'node:fs';
import { mkdir, open, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ManifestDirectories } from '../profile/manifest.js';
import { ActivationError, UsageError, unreachable } from '../system/errors.js';
import { errnoOf, explainFileError } from './file-errors.js';

/** What the user set of the state directories; the rest follows from `stateDir`. */
export type StateDirectorySettings = {
  readonly [Directory in keyof ManifestDirectories]?: string | undefined;
};

const absolute = (directory: string): string => {
  if (!directory.startsWith('/')) {
    throw new UsageError({
      what: `The state directory "${directory}" is not an absolute path`,
      fix: 'Write it from the root on, beginning with a slash',
    });
  }
  return resolve(directory);
};

/**
 * Fills in the defaults: `/var` with the system's own `/tmp` and (on Linux) `/run`, or everything below another stateDir.
 *
 * @throws UsageError for a relative path
 */
export const stateDirectories = (settings: StateDirectorySettings, platform: NodeJS.Platform): ManifestDirectories => {
  const stateDir = absolute(settings.stateDir ?? '/var');
  const isSystemWide = stateDir === '/var';
  const defaults: ManifestDirectories = {
    stateDir,
    tmpDir: isSystemWide ? '/tmp' : join(stateDir, 'tmp'),
    runtimeDir: isSystemWide && platform === 'linux' ? '/run' : join(stateDir, 'run'),
    logDir: join(stateDir, 'log'),
    cacheDir: join(stateDir, 'cache'),
    spoolDir: join(stateDir, 'spool'),
    lockDir: join(stateDir, 'lock'),
    libDir: join(stateDir, 'lib'),
  };
  const choose = (directory: keyof ManifestDirectories): string => absolute(settings[directory] ?? defaults[directory]);
  // In the order in which a manifest has them: it is written faster so.
  return {
    cacheDir: choose('cacheDir'),
    libDir: choose('libDir'),
    lockDir: choose('lockDir'),
    logDir: choose('logDir'),
    runtimeDir: choose('runtimeDir'),
    spoolDir: choose('spoolDir'),
    stateDir,
    tmpDir: choose('tmpDir'),
  };
};

/** What is at a path; links are followed, but for those that lead to nothing. */
export type PathFacts =
  | { readonly kind: 'absent' | 'file' }
  | { readonly kind: 'dangling-link'; readonly target: string; readonly uid: number }
  | { readonly kind: 'directory'; readonly mode: number; readonly uid: number };

export type StateStep =
  | {
      readonly kind: 'create-directory';
      readonly path: string;
      /** Permission bits; null leaves them to the umask. */
      readonly mode: number | null;
    }
  | { readonly kind: 'set-mode'; readonly path: string; readonly mode: number }
  | { readonly kind: 'create-link'; readonly path: string; readonly target: string };

export interface StateOptions {
  /** Without it every directory is the caller's alone, and its mode is left to the umask. */
  readonly userChanges: boolean;
}

const sharedMode = 0o1777;
const permissionBits = 0o7777;

/** In the order in which they are made; the links follow stateDir, before what may lie behind them. */
const orderOfCreation = [
  'stateDir',
  'tmpDir',
  'runtimeDir',
  'logDir',
  'cacheDir',
  'spoolDir',
  'lockDir',
  'libDir',
] as const;

/** Models that say stateDir/tmp or stateDir/run find the system's own directories there. */
const compatibilityLinks = ({ stateDir, tmpDir, runtimeDir }: ManifestDirectories): ReadonlyMap<string, string> =>
  new Map(
    [
      { used: tmpDir, target: '/tmp', path: join(stateDir, 'tmp') },
      { used: runtimeDir, target: '/run', path: join(stateDir, 'run') },
    ]
      .filter(({ used, target, path }) => used === target && path !== target)
      .map(({ path, target }) => [path, target]),
  );

const ancestors = (path: string): readonly string[] =>
  path === dirname(path) ? [path] : [...ancestors(dirname(path)), path];

/** What lets the user choose other directories. */
const choice = '--state-dir and its siblings';

const inTheWay = (path: string, what: string): ActivationError =>
  new ActivationError({
    what: `The directory ${path} cannot be made`,
    why: `${what} is in the way`,
    fix: `Move ${path} away, or choose another directory (${choice})`,
  });

/**
 * Decides what is missing. Pure. What exists stays as it is, but for a tmp directory of our own that was left without its
 * mode (an interrupted run). Where a link leads to nothing, its target is made: a fresh /run has no /run/lock, to which
 * Debian's /var/lock leads.
 *
 * @param facts for the directories, their ancestors, the targets of dangling links and the links to make (a path that is
 *   missing here counts as absent)
 * @param uid who we are: only an own tmp directory is repaired, and only our links and root's are followed
 * @throws ActivationError naming the file that is in the way of a directory
 */
export const planStateDirectories = (
  directories: ManifestDirectories,
  facts: ReadonlyMap<string, PathFacts>,
  { userChanges }: StateOptions,
  uid: number,
): readonly StateStep[] => {
  const links = compatibilityLinks(directories);
  const planned = new Set<string>();
  const steps: StateStep[] = [];
  const add = (step: StateStep): void => {
    planned.add(step.path);
    steps.push(step);
  };

  const provide = (directory: string, finalMode: number): void => {
    for (const path of ancestors(directory)) {
      const found = facts.get(path) ?? { kind: 'absent' };
      if (found.kind === 'directory' || planned.has(path)) continue;
      const mode = path === directory ? finalMode : 0o755;
      switch (found.kind) {
        case 'file':
          throw inTheWay(path, 'A file');
        case 'dangling-link':
          // Somebody else could have us make a directory anywhere.
          if (found.uid !== 0 && found.uid !== uid) throw inTheWay(path, 'A symbolic link that points nowhere');
          planned.add(path);
          provide(found.target, mode);
          break;
        case 'absent':
          add({ kind: 'create-directory', path, mode: userChanges ? mode : null });
          break;
        default:
          unreachable(found);
      }
    }
  };

  for (const name of orderOfCreation) {
    provide(directories[name], name === 'tmpDir' ? sharedMode : 0o755);
    if (name !== 'stateDir') continue;
    for (const [path, target] of links) {
      if ((facts.get(path)?.kind ?? 'absent') === 'absent') add({ kind: 'create-link', path, target });
    }
  }

  const { tmpDir, stateDir } = directories;
  const tmp = facts.get(tmpDir);
  const isOurs = tmp?.kind === 'directory' && tmp.uid === uid && tmpDir === join(stateDir, 'tmp');
  if (userChanges && isOurs && (tmp.mode & permissionBits) !== sharedMode) {
    add({ kind: 'set-mode', path: tmpDir, mode: sharedMode });
  }
  return steps;
};

const readFacts = (path: string): PathFacts => {
  try {
    const stats = statSync(path);
    return stats.isDirectory() ? { kind: 'directory', mode: stats.mode, uid: stats.uid } : { kind: 'file' };
  } catch (error) {
    switch (errnoOf(error)) {
      case 'ENOENT':
        return readDanglingLink(path);
      // One of its ancestors is a file, and has facts of its own that say so.
      case 'ENOTDIR':
        return { kind: 'absent' };
      default:
        throw explainFileError(`The directory ${path} cannot be examined`, error, choice);
    }
  }
};

const readDanglingLink = (path: string): PathFacts => {
  try {
    const { uid } = lstatSync(path);
    return { kind: 'dangling-link', target: resolve(dirname(path), readlinkSync(path)), uid };
  } catch {
    return { kind: 'absent' };
  }
};

/** Adds what is at `path` and its ancestors to `facts`, and at the targets of links that lead to nothing. */
const collectFacts = (path: string, facts: Map<string, PathFacts>): void => {
  for (const ancestor of ancestors(path)) {
    if (facts.has(ancestor)) continue;
    const found = readFacts(ancestor);
    facts.set(ancestor, found);
    if (found.kind === 'dangling-link') collectFacts(found.target, facts);
  }
};

/** Another process may have made the same directory or link in the meantime. Returns whether it was made here. */
const unlessThere = async (create: Promise<unknown>): Promise<boolean> => {
  try {
    await create;
    return true;
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    return false;
  }
};

/** Sets the mode of a directory of ours, and of nothing that somebody has put in its place. */
const setMode = async (path: string, mode: number): Promise<void> => {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    if ((await handle.stat()).uid === (process.geteuid?.() ?? 0)) await handle.chmod(mode);
  } finally {
    await handle.close();
  }
};

const perform = async (step: StateStep): Promise<void> => {
  switch (step.kind) {
    case 'create-directory':
      // Not mkdir's own mode: the umask would take bits away that other users' services need.
      if ((await unlessThere(mkdir(step.path))) && step.mode !== null) await setMode(step.path, step.mode);
      return;
    case 'set-mode':
      await setMode(step.path, step.mode);
      return;
    case 'create-link':
      await unlessThere(symlink(step.target, step.path));
      return;
    default:
      unreachable(step);
  }
};

const doing = (step: StateStep): string =>
  step.kind === 'create-link'
    ? `The link ${step.path} cannot be made`
    : step.kind === 'create-directory'
      ? `The directory ${step.path} cannot be made`
      : `The mode of ${step.path} cannot be set`;

/**
 * What {@link createStateDirectories} would do. All that is looked at is looked at synchronously: where nothing is missing,
 * handing each of two dozen paths to another thread would take longer than all looks.
 */
export const missingStateDirectories = (
  directories: ManifestDirectories,
  options: StateOptions,
): readonly StateStep[] => {
  const facts = new Map<string, PathFacts>();
  const directoryPaths = orderOfCreation.map((name) => directories[name]);
  for (const path of [...directoryPaths, ...compatibilityLinks(directories).keys()]) {
    collectFacts(path, facts);
  }
  return planStateDirectories(directories, facts, options, process.getuid?.() ?? 0);
};

/**
 * Makes the state directories that are missing, tmp with mode 1777, the others 0755, owned by the caller, and the links
 * state/tmp → /tmp and state/run → /run where those are used. Doing it again does nothing.
 *
 * @returns what was done
 * @throws ActivationError naming the path, and what to do, when something is in the way, not writable or full
 */
export const createStateDirectories = async (
  directories: ManifestDirectories,
  options: StateOptions,
): Promise<readonly StateStep[]> => {
  const steps = missingStateDirectories(directories, options);
  for (const step of steps) {
    try {
      await perform(step);
    } catch (error) {
      throw explainFileError(doing(step), error, choice);
    }
  }
  return steps;
};
