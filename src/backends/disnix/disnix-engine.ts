import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withDir } from 'tmp-promise';
import type { Timeouts } from '../../model/time-outs.js';
import { profileLocation } from '../../generations/profile-location.js';
import { ActivationError, ManagerUnavailableError } from '../../system/errors.js';
import { MissingProgramError } from '../../system/run.js';
import type { DeployedProfile, SessionContext } from '../backend.js';
import { managerAnswers, type ManagerAnswers } from '../shared/manager-answers.js';
import { scriptTimeouts } from '../shared/script-timeouts.js';
import { buildManifest, must } from './build-manifest.js';
import { temporaryOptions } from '../../state/temporary-names.js';

/** What Disnix does in a transition, in names of processes. What is in both is restarted. */
export interface Transition {
  readonly ended: ReadonlySet<string>;
  readonly begun: ReadonlySet<string>;
}

/** Disnix, which takes this machine from one generation to another by itself; the profile is not its concern. */
export interface DisnixEngine {
  /** What a transition to a generation would do, in Disnix' own words; a line each. @throws ActivationError */
  readonly preview: (next: DeployedProfile) => Promise<readonly string[]>;
  /** What a transition to a generation (null: to nothing) will do. @throws ActivationError */
  readonly compare: (next: DeployedProfile | null) => Promise<Transition>;
  /**
   * Makes the machine run a generation; null: nothing of the one that runs.
   *
   * @throws ActivationError when Disnix could not; it has then tried to put back what ran
   */
  readonly transition: (next: DeployedProfile | null) => Promise<void>;
}

const activate = 'disnix-activate';

/** The services of a manifest that we have built (nix/disnix-manifest.nix): the names of processes by their identities. */
const servicesIn = (manifest: string): ReadonlyMap<string, string> =>
  new Map(
    [...manifest.matchAll(/<service name="([^"]+)">\s*<name>([^<]*)<\/name>/g)].map(([, key = '', name = '']) => [
      key,
      name,
    ]),
  );

const namesNotIn = (some: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>): ReadonlySet<string> =>
  new Set([...some].flatMap(([key, name]) => (others.has(key) ? [] : [name])));

/** disnix-activate(8), exit status: it failed, and what ran before runs again. */
const rolledBack = 1;

/** Milliseconds that all scripts may take that a transition calls, one after the other. */
const longest = (from: DeployedProfile | null, to: DeployedProfile | null, timeouts: Timeouts): number => {
  const timesOf = (profile: DeployedProfile | null, activity: 'start' | 'stop'): number =>
    (profile?.units ?? []).reduce((sum, unit) => sum + scriptTimeouts(unit, timeouts).patience[activity], 0);
  // What fails is put back.
  const sides = [from, to].map((side) => timesOf(side, 'start') + timesOf(side, 'stop'));
  return 1000 * sides.reduce((sum, side) => sum + side, 0);
};

/** What differs between the manifests that arguments of disnix-activate name. */
const differenceOf = async (args: readonly string[]): Promise<Transition> => {
  const option = args.indexOf('--old-manifest');
  const read = async (file: string | undefined): Promise<ReadonlyMap<string, string>> =>
    file === undefined ? new Map<string, string>() : servicesIn(await readFile(file, 'utf8'));
  const [old, wanted] = await Promise.all([read(option === -1 ? undefined : args[option + 1]), read(args.at(-1))]);
  return { ended: namesNotIn(old, wanted), begun: namesNotIn(wanted, old) };
};

/** Results of Nix are linked to from there while they are worked with. */
const inTemporaryDirectory = <Result>(work: (directory: string) => Promise<Result>): Promise<Result> =>
  withDir(({ path }) => work(path), temporaryOptions());

/** @throws ManagerUnavailableError when there is no Disnix */
const requireDisnix = async ({ run }: SessionContext, answers: ManagerAnswers): Promise<void> => {
  try {
    await answers.question(`${activate} --version`, (signal) => run({ file: activate, args: ['--version'], signal }));
  } catch (cause) {
    if (!(cause instanceof MissingProgramError)) throw cause;
    throw new ManagerUnavailableError(
      {
        what: 'Disnix cannot be given the processes: it is not installed',
        why: `No directory on PATH holds ${activate}`,
        fix: 'Install Disnix and Dysnomia, or leave out --engine disnix: the processes run without them as well',
      },
      { cause },
    );
  }
};

/**
 * Connects to Disnix. Manifests are built when they are needed: they follow from the profile. The one of the generation
 * that runs is kept from being collected by a link beside the profile's state.
 *
 * @throws ManagerUnavailableError when there is no Disnix
 */
export const connectDisnix = async (context: SessionContext): Promise<DisnixEngine> => {
  const { run, env, log, current, profileLink, timeouts = { start: null, stop: null } } = context;
  const answers = managerAnswers({ name: 'Disnix', check: `${activate} --version` }, context.answerLimits);
  await requireDisnix(context, answers);
  const root = join(profileLocation(profileLink, env).stateDirectory, 'disnix-manifest');
  /** What Disnix takes for the generation that runs. */
  let deployed = current;

  /** The arguments of disnix-activate that lead from what runs to `next`; the last one is the new manifest. */
  const transitionArguments = async (next: DeployedProfile | null, directory: string): Promise<readonly string[]> => {
    const target = next ?? deployed;
    if (target === null) throw new Error('there is nothing to go to, and nothing to leave');
    const manifest = await buildManifest(target, next === null, join(directory, 'next'), context);
    // Without a manifest to leave, Disnix would look for one of its own, which says nothing about this profile.
    return deployed === null
      ? ['--no-upgrade', manifest]
      : ['--old-manifest', await buildManifest(deployed, false, join(directory, 'current'), context), manifest];
  };

  /** Keeps the components that run from being collected. */
  const keep = async (manifest: string): Promise<void> => {
    await mkdir(dirname(root), { recursive: true });
    await must(
      run,
      { file: 'nix-store', args: ['--realise', manifest, '--add-root', root, '--indirect'] },
      'The processes cannot be kept from being collected as garbage',
    );
  };

  return {
    preview: (next) =>
      inTemporaryDirectory(async (directory) => {
        const args = ['--dry-run', ...(await transitionArguments(next, directory))];
        const { stdout, stderr } = await answers.question(`${activate} --dry-run`, (signal) =>
          must(run, { file: activate, args, signal }, 'Disnix does not accept the processes'),
        );
        return `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
      }),
    compare: (next) =>
      inTemporaryDirectory(async (directory) =>
        next?.path === deployed?.path
          ? { ended: new Set(), begun: new Set() }
          : differenceOf(await transitionArguments(next, directory)),
      ),
    transition: (next) =>
      inTemporaryDirectory(async (directory) => {
        if (next?.path === deployed?.path) return;
        const args = await transitionArguments(next, directory);
        log.info(`handing over to Disnix: ${activate} ${args.join(' ')}`);
        const { exitCode, stdout, stderr } = await answers.bounded(
          activate,
          longest(deployed, next, timeouts),
          (signal) => run({ file: activate, args, leavesDaemon: true, signal }),
        );
        log.debug({ exitCode, stdout, stderr }, 'Disnix has ended');
        if (exitCode !== rolledBack) {
          deployed = next;
          await (next === null ? rm(root, { force: true }) : keep(args.at(-1) ?? ''));
        }
        if (exitCode === 0) return;
        throw new ActivationError({
          what: `Disnix could not activate the processes (exit code ${String(exitCode)})`,
          why: stderr.trim() || stdout.trim(),
          fix: 'See the messages of Disnix and Dysnomia above, and the logs of the processes',
        });
      }),
  };
};
