import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readFile, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { BootRequest, MachineInit } from '../../boot/boot-entry.js';
import { writeTextAtomically } from '../../state/atomic-file.js';
import { explainFileError } from '../../state/file-errors.js';
import type { Ports } from '../../system/ports.js';
import { requireWritable } from '../shared/boot-links.js';
import { shellQuote } from '../shared/shell-quote.js';

/**
 * The `run` script of a service of the machine. runsvdir starts what it finds at once, but what is enabled runs already: in the
 * boot that it was written in, the service does nothing. Told to end since it is enabled no more, it leaves the deployment alone.
 */
const runScript = ({ description, script, log }: BootRequest, link: string, boot: string): string => `#!/bin/sh
# ${description.replaceAll(/\s/g, ' ')}
exec >>${shellQuote(log)} 2>&1
boot=
read -r boot </proc/sys/kernel/random/boot_id
[ "$boot" != ${shellQuote(boot)} ] || exec sleep 2147483647
trap '[ ! -e ${link} ] || { kill -TERM "$pid"; wait "$pid"; }; exit 0' TERM
/bin/sh ${shellQuote(script)} &
pid=$!
wait "$pid"
`;

/** What failed is not tried again every second. */
const finishScript = `#!/bin/sh
[ "$1" -le 0 ] || exec sleep 10
`;

/** Where a machine has services (runsvdir(8)): Void, Debian, and the place that runit's own documents name. */
const serviceDirectories = ['/var/service', '/etc/service', '/service'];

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
};

/** RUNIT_TARGET_DIR stands for /etc, and has the directory that runsvdir looks at beside that of all services. */
const placesIn = ({ env }: Pick<Ports, 'env'>): { readonly all: string; readonly enabled: string } => {
  const target = env['RUNIT_TARGET_DIR'] ?? '';
  if (target !== '') return { all: join(target, 'sv'), enabled: join(target, 'service') };
  return { all: '/etc/sv', enabled: serviceDirectories.find(existsSync) ?? '/etc/service' };
};

/** runit as the first process of the machine: a service of its own, which runs the deployment. */
export const machineInit: MachineInit = {
  isInCharge: ({ env }) =>
    Promise.resolve(
      process.getuid?.() === 0 && ((env['RUNIT_TARGET_DIR'] ?? '') !== '' || textOf('/proc/1/comm') === 'runit'),
    ),
  entryFor: (request, { env }) => {
    const { all, enabled } = placesIn({ env });
    const directory = join(all, request.name);
    const link = join(enabled, request.name);
    const isThere = async (): Promise<boolean> => (await readlink(link).catch(() => null)) === directory;
    const explaining = async (work: () => Promise<unknown>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        throw explainFileError(`The service ${directory} cannot be changed`, error);
      }
    };
    return {
      place: directory,
      isThere,
      check: () =>
        explaining(async () => {
          for (const path of [all, enabled]) await requireWritable(path);
        }),
      write: () =>
        explaining(async () => {
          const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
          await mkdir(directory, { recursive: true });
          await mkdir(enabled, { recursive: true });
          for (const [name, text] of [
            ['run', runScript(request, link, boot)],
            ['finish', finishScript],
          ] as const) {
            await writeTextAtomically(join(directory, name), text);
            await chmod(join(directory, name), 0o755);
          }
          if (await isThere()) return;
          await rm(link, { force: true });
          await symlink(directory, link);
        }),
      remove: () =>
        explaining(async () => {
          await rm(link, { force: true });
          await rm(directory, { recursive: true, force: true });
        }),
    };
  },
};
