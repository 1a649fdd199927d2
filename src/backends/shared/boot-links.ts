import { access, constants, mkdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, explainFileError } from '../../state/file-errors.js';
import type { ChangedOnDisk, DeployedProfile, DeployedUnit, SessionContext } from '../backend.js';
import { CollisionError } from './collisions.js';
import { scriptActivationOf } from './script-activation.js';

/** Makes the init of the machine start the scripts at boot, when the user asks for it. */
export interface BootLinks {
  /** @throws CollisionError when a script of the machine has the name of one of ours, ActivationError when we may not write */
  check(next: Pick<DeployedProfile, 'units'> | null): Promise<void>;
  /** @throws ActivationError when the links cannot be written. */
  update(next: DeployedProfile | null): Promise<void>;
  /** Links that somebody has removed or redirected; none when nothing is enabled at boot. */
  changed(deployed: DeployedProfile): Promise<readonly ChangedOnDisk[]>;
}

/** How the init of a machine learns of a script. */
export interface BootRegistry {
  /** Where it looks for scripts, for messages. */
  readonly directory: string;
  /** Where it expects the script: a link to that of the profile. */
  readonly linkOf: (unit: DeployedUnit) => string;
  /** Refuses a unit that the machine cannot start at boot. @throws CollisionError */
  readonly check?: (unit: DeployedUnit) => Promise<void>;
  /** Called when the link has been made. */
  readonly enable: (unit: DeployedUnit) => Promise<void>;
  /** Called before the link is removed. */
  readonly disable: (unit: DeployedUnit) => Promise<void>;
}

/** Where a link leads; null when there is nothing, "" for anything else: it belongs to the machine. */
export const linkTarget = async (path: string): Promise<string | null> => {
  try {
    return await readlink(path);
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? null : '';
  }
};

/** Makes a link, in the place of another one if there is one. */
export const replaceLink = async (path: string, target: string): Promise<void> => {
  const temporary = `${path}.nixproc-new`;
  await rm(temporary, { force: true });
  await symlink(target, temporary);
  await rename(temporary, path);
};

/** @throws NodeJS.ErrnoException when nothing can be made in a directory, or in the one that it would be made in */
export const requireWritable = async (directory: string): Promise<void> => {
  try {
    await access(directory, constants.W_OK);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || dirname(directory) === directory) throw error;
    await requireWritable(dirname(directory));
  }
};

/**
 * Nothing is written unless the manager option enableAtBoot is "true", and after that as long as links of ours are
 * there. What is not ours is never touched.
 */
export const createBootLinks = (
  { managerOptions, current }: Pick<SessionContext, 'managerOptions' | 'current'>,
  { directory, linkOf, check, enable, disable }: BootRegistry,
): BootLinks => {
  const isEnabled = managerOptions['enableAtBoot'] === 'true';

  /** `ours` leads to a script in the same store. */
  const ownerOf = async (unit: DeployedUnit): Promise<'nobody' | 'ours' | 'host'> => {
    const target = await linkTarget(linkOf(unit));
    if (target === null) return 'nobody';
    const script = `/${scriptActivationOf(unit).script}`;
    const profile = target.slice(0, -script.length);
    return target.endsWith(script) && dirname(profile) === dirname(unit.profile) ? 'ours' : 'host';
  };

  const linked = async (units: readonly DeployedUnit[]): Promise<readonly DeployedUnit[]> => {
    const ours = await Promise.all(units.map(async (unit) => (await ownerOf(unit)) === 'ours'));
    return units.filter((_, index) => ours[index]);
  };

  const explained = (error: unknown): unknown =>
    explainFileError(`The scripts that run at boot cannot be written to ${directory}`, error);

  return {
    check: async (next) => {
      if (!isEnabled || next === null) return;
      await requireWritable(directory).catch((error: unknown) => {
        throw explained(error);
      });
      for (const unit of next.units) {
        if ((await ownerOf(unit)) === 'host') {
          throw new CollisionError({
            what: `Process instance "${unit.instance}" cannot be enabled at boot: ${linkOf(unit)} is not ours`,
            why: 'The machine has a script of that name itself',
            fix: 'Give the instance another name, or deploy without enabling it at boot',
          });
        }
        await check?.(unit);
      }
    },
    changed: async ({ units }) => {
      const targets = await Promise.all(units.map(async (unit) => ({ unit, target: await linkTarget(linkOf(unit)) })));
      const wantedOf = (unit: DeployedUnit): string => join(unit.profile, scriptActivationOf(unit).script);
      if (!targets.some(({ unit, target }) => target === wantedOf(unit))) return [];
      return targets
        .filter(({ unit, target }) => target !== wantedOf(unit))
        .map(({ unit, target }) => ({
          instance: unit.instance,
          what:
            target === null
              ? `the machine does not start it at boot any more: ${linkOf(unit)} is missing`
              : `the machine starts something else at boot: ${linkOf(unit)} ${target === '' ? 'is no link' : `leads to ${target}`}`,
          restart: false,
        }));
    },
    update: async (next) => {
      const enabledBefore = await linked(current?.units ?? []);
      if (!isEnabled && enabledBefore.length === 0) return;
      const links = new Set(next?.units.map(linkOf));
      try {
        for (const unit of enabledBefore) {
          if (links.has(linkOf(unit))) continue;
          await disable(unit);
          await rm(linkOf(unit), { force: true });
        }
        for (const unit of next?.units ?? []) {
          await mkdir(dirname(linkOf(unit)), { recursive: true });
          await replaceLink(linkOf(unit), join(unit.profile, scriptActivationOf(unit).script));
          await enable(unit);
        }
      } catch (error) {
        throw explained(error);
      }
    },
  };
};
