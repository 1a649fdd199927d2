import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { ActivationError } from '../system/errors.js';
import type { Ports } from '../system/ports.js';
import type { AccountDialect } from './account-dialect.js';
import { accountTools, administrationPath, type AccountTools } from './account-tools.js';
import { busybox } from './dialects/busybox.js';
import { freebsd } from './dialects/freebsd.js';
import { macos } from './dialects/macos.js';
import { shadowUtils } from './dialects/shadow-utils.js';

const isExecutable = async (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

const isInstalled = async (program: string, path: string): Promise<boolean> => {
  const candidates = path.split(':').map((directory) => isExecutable(join(directory, program)));
  return (await Promise.all(candidates)).includes(true);
};

const hasAccountApplets = async ({ run, env }: Ports): Promise<boolean> => {
  const path = administrationPath(env['PATH']);
  if (!(await isInstalled('busybox', path))) return false;
  const { stdout } = await run({ file: 'busybox', args: ['--list'], env: { PATH: path } });
  // Debian's BusyBox, for one, comes without them.
  const applets = new Set(stdout.split('\n'));
  return ['adduser', 'addgroup', 'deluser', 'delgroup'].every((applet) => applets.has(applet));
};

const chooseDialect = async (platform: NodeJS.Platform, ports: Ports): Promise<AccountDialect> => {
  if (platform === 'darwin') return macos;
  if (platform === 'freebsd') return freebsd;
  if (await isInstalled('useradd', administrationPath(ports.env['PATH']))) return shadowUtils;
  if (await hasAccountApplets(ports)) return busybox;
  throw new ActivationError({
    what: 'Nothing on this machine can create users and groups',
    why: 'There is neither useradd (shadow-utils) nor a busybox with adduser',
    fix: 'Install shadow-utils (the package "passwd" of Debian, "shadow" of Alpine), or pass --force-disable-user-change',
  });
};

/**
 * The account tools of this machine: pw on FreeBSD, dscl on macOS, elsewhere shadow-utils or else BusyBox.
 *
 * @throws ActivationError when it has none of them
 */
export const chooseAccountTools = async (platform: NodeJS.Platform, ports: Ports): Promise<AccountTools> =>
  accountTools(await chooseDialect(platform, ports), ports);
