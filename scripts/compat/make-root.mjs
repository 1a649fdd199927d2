import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
 * Unpacks a release of Debian: the base system, certificates, and some packages. mmdebstrap(1) does it in one go of apt and
 * dpkg, which takes half of the time of debootstrap(8) with apt-get after it.
 *
 * @param {string} release its code name
 * @param {string} root a directory that is not there yet, or was left unfinished
 * @param {readonly string[]} packages
 * @throws SetupError
 */
export const makeRoot = (release, root, packages) => {
  process.stderr.write(`compat: unpacking ${release}\n`);
  rmSync(root, { recursive: true, force: true });
  mkdirSync(dirname(root), { recursive: true });
  const unpacked = run('mmdebstrap', [
    '--variant=minbase',
    `--include=${['ca-certificates', ...packages].join(',')}`,
    // The lists of a mirror that is no longer fed are out of date, and its packages as good as before.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    // Nobody needs what survives a power failure, or reads manuals.
    '--dpkgopt=force-unsafe-io',
    ...['doc', 'man', 'locale'].map((directory) => `--dpkgopt=path-exclude=/usr/share/${directory}/*`),
    ...[release, root, archive()],
  ]);
  if (!unpacked.ok) throw new SetupError(`mmdebstrap failed for ${release}:\n${lastLines(unpacked.output)}`);
  if (existsSync('/etc/resolv.conf')) copyFileSync('/etc/resolv.conf', join(root, 'etc/resolv.conf'));
  writeFileSync(join(root, 'ready'), '');
};
