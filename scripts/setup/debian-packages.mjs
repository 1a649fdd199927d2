import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from './setup-error.mjs';

// What an ordinary user's PATH leaves out on Debian.
const systemDirectories = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

const isThere = (file, mode) => {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
};

export const hasProgram = (name) =>
  [...(process.env.PATH ?? '').split(delimiter), ...systemDirectories].some(
    (directory) => directory !== '' && isThere(join(directory, name), constants.X_OK),
  );
const hasFile = (path) => isThere(path, constants.R_OK);

/** What the tests and the demo need: Debian's packages and how to see that one of them, or something that does its work, is there. */
const requirements = [
  { package: 'nix-bin', met: () => ['nix-instantiate', 'nix-build', 'nix-store', 'nix-env'].every(hasProgram) },
  { package: 'nginx-light', met: () => hasProgram('nginx') },
  { package: 'daemon', met: () => hasProgram('daemon') },
  { package: 'supervisor', met: () => hasProgram('supervisord') },
  { package: 'python3', met: () => hasProgram('python3') },
  { package: 'gcc', met: () => hasProgram('gcc') },
  { package: 'libc6-dev', met: () => hasFile('/usr/include/stdio.h') },
  { package: 'make', met: () => hasProgram('make') },
  { package: 'patch', met: () => hasProgram('patch') },
  { package: 'procps', met: () => ['ps', 'kill'].every(hasProgram) },
  { package: 's6', met: () => hasProgram('s6-svscan') },
  { package: 'execline', met: () => hasProgram('execlineb') },
  { package: 'runit', met: () => ['runsvdir', 'runsv', 'sv', 'svlogd', 'chpst'].every(hasProgram) },
  { package: 'systemd', met: () => hasFile('/lib/systemd/systemd') && hasProgram('systemctl') },
  { package: 'libpam-systemd', met: () => hasFile('/usr/share/pam-configs/systemd') },
  { package: 'dbus', met: () => hasProgram('dbus-daemon') },
  { package: 'podman', met: () => hasProgram('podman') },
  { package: 'crun', met: () => hasProgram('crun') },
  { package: 'catatonit', met: () => hasProgram('catatonit') },
  // Debian 12 has it in util-linux, which every Debian has.
  { package: 'util-linux-extra', met: () => hasProgram('pivot_root') },
  { package: 'uidmap', met: () => hasProgram('newuidmap') },
];

/**
 * As root on Debian: installs what is missing. As anybody else: says what to install.
 *
 * @param wanted packages, each with what tells that it is not needed; those of the tests and the demo by default
 * @throws SetupError
 */
export const provideDebianPackages = (wanted = requirements) => {
  const missing = wanted.filter(({ met }) => !met()).map((requirement) => requirement.package);
  if (missing.length === 0) return;

  const list = missing.join(' ');
  if (!hasProgram('apt-get')) {
    throw new SetupError(`Install what these Debian packages hold, then run this command again: ${list}`);
  }
  if (process.getuid() !== 0) {
    throw new SetupError(
      `Debian packages are missing. Install them as root, then run this command again:\n` +
        `  apt-get install --no-install-recommends ${list}`,
    );
  }

  console.error(`setup: installing Debian packages: ${list}`);
  // One installation at a time: the lock is on a directory that every Debian has, so that no lock file stays behind.
  const installer = fileURLToPath(new URL('install-debian-packages.mjs', import.meta.url));
  const { status } = spawnSync('flock', ['/etc/apt', process.execPath, installer, ...missing], { stdio: 'inherit' });
  if (status !== 0) throw new SetupError(`Debian packages could not be installed: ${list}`);
};
