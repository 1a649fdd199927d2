import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeTextAtomically } from '../../state/atomic-file.js';
import { errnoOf } from '../../state/file-errors.js';
import type { DeployedUnit, SessionContext } from '../backend.js';
import { CollisionError } from '../shared/collisions.js';
import { createBootLinks, type BootLinks } from '../shared/boot-links.js';
import { activationOf } from './activation-data.js';

const mark = '# Written by nix-processmgmt-ts, which removes it when the process is no longer deployed.\n';

/** Values that checkyesno of rc.subr(8) takes for a yes. */
const saysYes = (text: string, variable: string): boolean =>
  new RegExp(`^\\s*${variable}=["']?(?:yes|true|on|1)["']?\\s*(?:#.*)?$`, 'im').test(text);

const textOf = async (file: string): Promise<string | null> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    // A directory is the administrator's.
    if (errnoOf(error) === 'EISDIR') return '';
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return null;
    throw error;
  }
};

/** Where rc(8) looks for local scripts, and where rc.subr(8) looks for what is set for one service. */
const targetDirectories = (
  env: SessionContext['env'],
): { readonly scripts: string; readonly configuration: string } => {
  const scripts = env['BSDRC_TARGET_DIR'];
  return scripts === undefined || scripts === ''
    ? { scripts: '/usr/local/etc/rc.d', configuration: '/etc/rc.conf.d' }
    : { scripts, configuration: join(dirname(scripts), 'rc.conf.d') };
};

/**
 * Has rc(8) start the scripts: a link in /usr/local/etc/rc.d, and a file in /etc/rc.conf.d that sets NAME_enable; or in
 * the directory that BSDRC_TARGET_DIR names, and in rc.conf.d beside it. rc.conf itself is the administrator's.
 */
export const createRcLinks = (context: SessionContext): BootLinks => {
  const { scripts, configuration } = targetDirectories(context.env);
  const fileOf = (unit: DeployedUnit): string => join(configuration, activationOf(unit).rcName);
  return createBootLinks(context, {
    directory: scripts,
    linkOf: (unit) => join(scripts, unit.name),
    check: async (unit) => {
      const { enablingVariable } = activationOf(unit);
      if (enablingVariable === null) return;
      const text = await textOf(fileOf(unit));
      if (text === null || text.startsWith(mark) || saysYes(text, enablingVariable)) return;
      throw new CollisionError({
        what: `Process instance "${unit.instance}" cannot be enabled at boot: ${fileOf(unit)} is not ours`,
        why: `Somebody has settings for the service there, and ${enablingVariable} is not among them`,
        fix: `Add the line ${enablingVariable}="YES" to it`,
      });
    },
    enable: async (unit) => {
      const { enablingVariable } = activationOf(unit);
      const file = fileOf(unit);
      const text = await textOf(file);
      if (enablingVariable === null || (text !== null && !text.startsWith(mark))) return;
      await mkdir(configuration, { recursive: true });
      await writeTextAtomically(file, `${mark}${enablingVariable}="YES"\n`);
    },
    disable: async (unit) => {
      if ((await textOf(fileOf(unit)))?.startsWith(mark) === true) await rm(fileOf(unit), { force: true });
    },
  });
};
