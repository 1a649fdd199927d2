import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from '../setup/setup-error.mjs';

const run = (file, args) => {
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return { ok: status === 0, output: `${stdout}${stderr}` };
};

const lastLines = (text) => text.trimEnd().split('\n').slice(-5).join('\n');

/** Where this machine gets Debian's packages from. */
const archive = () => {
  const { output } = run('apt-get', ['indextargets', '--format', '$(SITE)', 'Origin: Debian']);
  const [site = ''] = output.split('\n');
  if (site === '') throw new SetupError('apt-get names no archive of Debian: run apt-get update');
  return site;
};

/**
 * Unpacks a release of Debian with Node.js, npm and git, and nothing else that the project needs.
 *
 * @param {string} release its code name
 * @param {string} root a directory that is not there yet, or was left unfinished
 * @throws SetupError
 */
export const makeRoot = (release, root) => {
  process.stderr.write(`compat: unpacking ${release}\n`);
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const unpacked = run('debootstrap', ['--variant=minbase', '--include=ca-certificates', release, root, archive()]);
  if (!unpacked.ok) throw new SetupError(`debootstrap failed for ${release}:\n${lastLines(unpacked.output)}`);
  // The lists of a mirror that is no longer fed are out of date, and its packages as good as before.
  writeFileSync(join(root, 'etc/apt/apt.conf.d/99compat'), 'Acquire::Check-Valid-Until "false";\n');
  if (existsSync('/etc/resolv.conf')) copyFileSync('/etc/resolv.conf', join(root, 'etc/resolv.conf'));
  const installed = run('unshare', [
    ...['--mount', '--pid', '--fork', '--kill-child', 'sh', '-euc'],
    `mount -t proc proc "$1/proc"
     mount --rbind /dev "$1/dev"
     export DEBIAN_FRONTEND=noninteractive
     chroot "$1" apt-get -qq update
     chroot "$1" apt-get -qq install --yes --no-install-recommends nodejs npm git
     chroot "$1" apt-get clean`,
    'install',
    root,
  ]);
  if (!installed.ok) throw new SetupError(`Node.js was not installed in ${release}:\n${lastLines(installed.output)}`);
  writeFileSync(join(root, 'ready'), '');
};
