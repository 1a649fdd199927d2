import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { lstat, mkdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeTextAtomically } from '../../state/atomic-file.js';
import { explainFileError } from '../../state/file-errors.js';
import { readRegularFile } from '../../state/regular-file.js';
import { sweepTemporaries, temporaryBeside } from '../../state/temporary-names.js';
import type { ChangedOnDisk, DeployedProfile, DeployedUnit } from '../backend.js';
import { CollisionError } from '../shared/collisions.js';
import { moveAside } from '../shared/moved-aside.js';
import { activationOf } from './activation-data.js';
import { namesIn } from '../shared/read-tree.js';
import { createLinkRecords, type OwnedLink } from './link-record.js';
import { targetOf } from './link-target.js';
import { unitDirectory } from './render.js';
import type { Scope } from './scope.js';
import { targetMark, targetUnit, targetUnitText, wantedUnits } from './target-unit.js';

/** What a deployment puts into the directory of systemd's units. */
export interface Installation {
  /** @throws CollisionError when something that is not ours is where a link has to go */
  check(units: readonly DeployedUnit[]): Promise<void>;
  /**
   * Makes the directory hold the links of a generation (null: none), and no others of ours. Can be repeated after a
   * crash at any point.
   *
   * @param reload makes systemd read its units again; called when anything was changed
   * @returns the units that are no longer there
   * @throws ActivationError
   */
  update(next: DeployedProfile | null, reload: () => Promise<void>): Promise<readonly string[]>;
  /** What is not as `update` has left it, and units of ours that the generation does not have. */
  drift(
    units: readonly DeployedUnit[],
    others: readonly DeployedUnit[],
  ): Promise<{ readonly changed: readonly ChangedOnDisk[]; readonly extras: readonly string[] }>;
  /** What is in the place of a unit: a link or file, a mask, or nothing. */
  presence(unit: string): 'installed' | 'masked' | 'absent';
}

const mask = '/dev/null';

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** Synchronously, as targetOf. */
const makeLink = (path: string, target: string): void => {
  if (targetOf(path) === null) {
    symlinkSync(target, path);
    return;
  }
  // systemd takes no notice of names with a dot in front.
  const temporary = temporaryBeside(path);
  symlinkSync(target, temporary);
  renameSync(temporary, path);
};

/** The links that a process needs, for systemd to know it. */
const linksOf = (unit: DeployedUnit): readonly OwnedLink[] => {
  const { units, installLinks } = activationOf(unit);
  const fileOf = (name: string): string => join(unit.profile, unitDirectory, name);
  return [
    ...units.map((name) => ({ path: name, target: fileOf(name) })),
    ...Object.entries(installLinks).map(([path, name]) => ({
      path,
      // An alias is a link to the unit beside it (systemd.unit(5)).
      target: path.includes('/') ? fileOf(name) : name,
    })),
  ];
};

/** Whether a link leads to the same unit in whatever profile: a generation's that was not put away, or another tool's. */
const leadsToProfile = ({ path }: OwnedLink, target: string): boolean =>
  target.startsWith('/') && target.endsWith(`/${unitDirectory}/${path.slice(path.lastIndexOf('/') + 1)}`);

/** What has become of a link; null for nothing. A mask is an operator's way to say that a unit shall not run. */
const changeOf = (path: string, wanted: string, found: string | null): string | null => {
  if (found === wanted || found === mask) return null;
  if (found === null) return `${path} is missing`;
  return found === '' ? `${path} was replaced by a file` : `${path} leads to ${found}`;
};

/** What other profiles say is theirs. */
interface Others {
  /** The profile that has a link, by the link's path. */
  readonly holders: ReadonlyMap<string, string>;
  /** Records that do not say any more what belongs to their profile. */
  readonly damaged: readonly string[];
}

const conflict = (path: string, why: string, fix: string): CollisionError =>
  new CollisionError({ what: `${path} is not ours, and in the way`, why, fix });

const isSame = (a: readonly OwnedLink[], b: readonly OwnedLink[]): boolean =>
  a.length === b.length && a.every(({ path, target }, index) => path === b[index]?.path && target === b[index].target);

export const createInstallation = (
  { directory, bootTarget }: Scope,
  profileName: string,
  profileLink: string,
  current: DeployedProfile | null,
  repairs = false,
): Installation => {
  const records = createLinkRecords(directory, profileName);
  const target = targetUnit(profileName);
  const targetFile = join(directory, target);
  const bootLink: OwnedLink = { path: `${bootTarget}.wants/${target}`, target: `../${target}` };

  /** What another tool, which keeps no record, has linked for the generation that it built: units, and their directories. */
  const linkedByOthers = async (): Promise<readonly OwnedLink[]> => {
    if (current?.isForeign !== true) return [];
    const names = await namesIn(current.path, unitDirectory);
    const links = names.map((path) => ({ path, target: targetOf(join(directory, path)) ?? '' }));
    return links.filter((link) => leadsToProfile(link, link.target));
  };

  /** Links to units of our generations that nobody has recorded. */
  const extras: OwnedLink[] = [];

  /** What the current generation has had linked, where nobody has written down what that was. */
  const linksOfCurrent = (): readonly OwnedLink[] =>
    current === null || current.units.length === 0 ? [] : [...current.units.flatMap(linksOf), bootLink];

  /** The links that are recorded as ours. @throws CollisionError when another profile has our name */
  const recorded = async (): Promise<readonly OwnedLink[]> => {
    const record = await records.read();
    if (record === 'damaged') return linksOfCurrent();
    // A profile is a link: a record that names something else there is damaged, and belongs to nobody.
    if (record !== null && record.profileLink !== profileLink && (targetOf(record.profileLink) ?? '') !== '') {
      throw conflict(
        targetFile,
        `It belongs to the profile ${record.profileLink}, which has the same name`,
        'Use another profile name with -p',
      );
    }
    const links = record?.links ?? [];
    const known = new Set(links.map(({ path, target: recordedTarget }) => `${path}\0${recordedTarget}`));
    const others = (await linkedByOthers()).filter(({ path, target: found }) => !known.has(`${path}\0${found}`));
    return [...links, ...others];
  };

  /** Null for none, and for what is no file that we may read. */
  const readTarget = (): string | null => {
    try {
      return readRegularFile(targetFile);
    } catch {
      return null;
    }
  };

  /** @throws CollisionError when somebody else has written a target of that name */
  const checkTarget = async (): Promise<void> => {
    if (!(await exists(targetFile))) return;
    const text = readTarget() ?? '';
    if (text.startsWith(`${targetMark}\n`)) return;
    throw conflict(
      targetFile,
      'It was not written by nix-processmgmt-ts',
      'Move it away, or use another profile name with -p',
    );
  };

  /** What is to be done about a link: `keep` it, `write` it, or leave it `masked`. */
  const judge = (link: OwnedLink, owned: readonly OwnedLink[], others: Others): 'keep' | 'write' | 'masked' => {
    const path = join(directory, link.path);
    const found = targetOf(path);
    if (found === null) return 'write';
    if (found === mask) return 'masked';
    const other = others.holders.get(link.path);
    if (other !== undefined) {
      throw conflict(
        path,
        `The profile ${other} has a process with the same name`,
        'Give one of them another name, instanceName or instanceSuffix',
      );
    }
    if (found === link.target) return 'keep';
    if (owned.some((own) => own.path === link.path && own.target === found)) return 'write';
    if (leadsToProfile(link, found)) {
      const [damaged] = others.damaged;
      if (damaged === undefined) return 'write';
      throw conflict(
        path,
        `It is a link to ${found}, and ${damaged}, which may say whose it is, is damaged`,
        `Remove ${damaged}, and switch to the model of its profile again`,
      );
    }
    const wasOurs = owned.some((own) => own.path === link.path);
    if (wasOurs && repairs) return 'write';
    throw conflict(
      path,
      found === '' ? 'It is no link' : `It is a link to ${found}`,
      wasOurs
        ? 'Move it away, or let it be moved away with: nix-processmgmt-ts switch --repair'
        : 'Move it away, or give the process another name',
    );
  };

  /** @throws CollisionError when something that is not ours is in the way */
  const judgeAll = async (units: readonly DeployedUnit[], owned: readonly OwnedLink[]) => {
    const links =
      units.length === 0 ? [] : [...units.flatMap(linksOf), bootLink].sort((a, b) => (a.path < b.path ? -1 : 1));
    if (links.length > 0) await checkTarget();
    const { records: found, damaged } = await records.readOthers();
    const holders = new Map(found.flatMap((record) => record.links.map(({ path }) => [path, record.profileLink])));
    return links.map((link) => ({ link, verdict: judge(link, owned, { holders, damaged }) }));
  };

  const targetText = (units: readonly DeployedUnit[]): string =>
    targetUnitText(profileLink, [...wantedUnits(units)].sort());

  const directoriesOf = (links: readonly OwnedLink[]): ReadonlySet<string> =>
    new Set(links.map(({ path }) => dirname(join(directory, path))));

  return {
    check: async (units) => {
      await judgeAll(units, await recorded());
    },

    update: async (next, reload) => {
      const units = next?.units ?? [];
      const owned = [...(await recorded()), ...extras];
      const verdicts = await judgeAll(units, owned);
      const written = verdicts.flatMap(({ link, verdict }) => (verdict === 'write' ? [link] : []));
      const ours = verdicts.flatMap(({ link, verdict }) => (verdict === 'masked' ? [] : [link]));
      const wanted = new Set(verdicts.map(({ link }) => link.path));
      const obsolete = owned.filter(({ path }) => !wanted.has(path));
      const targetDiffers = repairs && ours.length > 0 && readTarget() !== targetText(units);
      const isWrittenDown = isSame(owned, ours) && (await records.read()) !== 'damaged';
      if (written.length === 0 && isWrittenDown && !targetDiffers) return [];

      try {
        await mkdir(directory, { recursive: true });
        // Before the first link is touched: after a crash, the next run has to know all that may be ours.
        await records.write({ profileLink, links: [...owned, ...ours] });
        for (const { path, target: recordedTarget } of obsolete) {
          // What somebody has put there instead is theirs.
          if (targetOf(join(directory, path)) === recordedTarget) rmSync(join(directory, path));
        }
        for (const path of directoriesOf(obsolete)) {
          // Not empty: other links are in it.
          if (path !== directory) await rmdir(path).catch(() => undefined);
        }
        for (const path of directoriesOf(ours)) await mkdir(path, { recursive: true });
        for (const path of directoriesOf([...obsolete, ...ours])) sweepTemporaries(path);
        for (const link of written) {
          const path = join(directory, link.path);
          if (repairs && targetOf(path) === '') await moveAside(path);
          makeLink(path, link.target);
        }
        if (ours.length > 0) await writeTextAtomically(targetFile, targetText(units));
        else await rm(targetFile, { force: true });
      } catch (error) {
        throw explainFileError(`The units cannot be linked into ${directory}`, error);
      }
      await reload();
      // Last, so that systemd is told again when this run does not get here.
      if (ours.length > 0) await records.write({ profileLink, links: ours });
      else await records.remove();
      return [...new Set(obsolete.flatMap(({ path }) => (path.includes('/') ? [] : [path])))];
    },

    drift: async (units, others) => {
      const owned = await recorded();
      const links = units.flatMap((unit) => linksOf(unit).map((link) => ({ unit, link })));
      const changed = links.flatMap(({ unit, link }) => {
        const path = join(directory, link.path);
        const found = targetOf(path);
        const what = changeOf(path, link.target, found);
        return what === null
          ? []
          : [{ instance: unit.instance, what, restart: found !== null && !link.path.includes('/') }];
      });
      const ofProfile = [
        changeOf(join(directory, bootLink.path), bootLink.target, targetOf(join(directory, bootLink.path))),
        readTarget() === targetText(units) ? null : `${targetFile} is not as it was written`,
      ].flatMap((what) => (what === null ? [] : [{ instance: null, what, restart: false }]));
      const wanted = new Set([...links.map(({ link }) => link.path), bootLink.path]);
      const left = [...owned, ...others.flatMap(linksOf)].filter(
        ({ path }) => !wanted.has(path) && !path.includes('/'),
      );
      extras.push(...left.filter((link) => targetOf(join(directory, link.path)) === link.target));
      const names = new Set(extras.map(({ path }) => path));
      return { changed: [...changed, ...ofProfile], extras: [...names].sort() };
    },

    presence: (unit) => {
      const found = targetOf(join(directory, unit));
      return found === null ? 'absent' : found === mask ? 'masked' : 'installed';
    },
  };
};
