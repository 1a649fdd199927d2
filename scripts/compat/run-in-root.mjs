import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runToEnd } from '../run-to-end.mjs';
import { SetupError } from '../setup/setup-error.mjs';

// pivot_root(8) and not chroot(8): in a chroot no namespace of an ordinary user can be made.
const enter = `
root=$1
shift
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount -t sysfs sysfs sys
if [ -d /sys/fs/cgroup ]; then mount --rbind /sys/fs/cgroup sys/fs/cgroup; fi
mount --rbind /dev dev
mount -t tmpfs -o mode=755 tmpfs run
mkdir -p before
pivot_root . before
umount -l /before
rmdir /before
exec "$@"
`;

/** In the release, after the clone was made there. */
const versions = `
node --version
nix-env --version
systemctl --version | head -n 1
supervisord --version
dpkg-query --show --showformat '\${Version}\n' s6
podman --version
`;

/** Where a copy of the file lies, in the release, with the certificates that npm trusts here. */
const certificates = '/etc/ssl/certs/of-npm.crt';

const unshare = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'];

const npmSetting = (name) => spawnSync('npm', ['config', 'get', name], { encoding: 'utf8' }).stdout.trim();

/** npm reaches its registry there as it does here. */
const environment = () => ({
  HOME: '/root',
  LANG: 'C.UTF-8',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  npm_config_registry: npmSetting('registry'),
  ...(npmSetting('cafile') === 'null' ? {} : { npm_config_cafile: certificates }),
});

const command = (root, args) => [...unshare, 'sh', '-euc', enter, 'enter', root, ...args];

/** @returns what it printed on stdout */
const askInRoot = (root, ...args) =>
  spawnSync('unshare', command(root, args), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: environment(),
  }).stdout;

/** Runs a program to its end and lets its output be seen; says whether it succeeded, and how long it took. */
const runInRootDirectory = async (root, args, env = {}) => {
  const begin = Date.now();
  const exitCode = await runToEnd('unshare', command(root, args), {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...environment(), ...env },
  });
  return { ok: exitCode === 0, seconds: Math.round((Date.now() - begin) / 1000) };
};

const countsOf = (resultsFile) => {
  if (!existsSync(resultsFile)) return { passed: 0, failed: 1, skipped: 0, failures: ['no test ran'] };
  const { testResults, ...totals } = JSON.parse(readFileSync(resultsFile, 'utf8'));
  return {
    passed: totals.numPassedTests,
    failed: totals.numFailedTests + totals.numRuntimeErrorTestSuites,
    skipped: totals.numPendingTests,
    failures: testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => status === 'failed')
      .map(({ fullName }) => fullName),
  };
};

/**
 * Copies an unpacked release, clones the repository into it, and runs the demo and the tests there as root.
 *
 * @param {{ release: string, root: string, repository: string, demo: boolean, tests: readonly string[] }} what
 *   `tests`: files and directories, all when there are none
 * @throws SetupError
 */
export const runInRoot = async ({ release, root, repository, demo, tests }) => {
  const copy = mkdtempSync(join(dirname(root), `${release}-`));
  try {
    const place = '/root/nix-processmgmt-ts';
    for (const [file, ...args] of [
      ['cp', '-a', '--reflink=auto', `${root}/.`, copy],
      ['git', 'clone', '--quiet', repository, join(copy, place)],
    ]) {
      if (spawnSync(file, args, { stdio: 'inherit' }).status !== 0) throw new SetupError(`${file} failed`);
    }
    const trusted = npmSetting('cafile');
    if (trusted !== 'null') copyFileSync(trusted, join(copy, certificates));
    const npm = (...args) => ['sh', '-euc', `cd ${place}; exec npm run --silent "$@"`, 'npm', ...args];

    process.stderr.write(`compat: ${release}\n`);
    const shown = demo ? await runInRootDirectory(copy, npm('demo')) : null;
    const tested = await runInRootDirectory(copy, npm('test', '--', ...tests), {
      NIXPROC_TEST_RESULTS: '/results.json',
    });
    const [node, nix, systemd, supervisor, s6, podman] = askInRoot(copy, 'sh', '-c', versions)
      .split('\n')
      .map((line) => /\d+(\.\d+)+|\d{3}/.exec(line)?.[0] ?? '?');
    return {
      release,
      versions: { node, nix, systemd, supervisor, s6, podman },
      demo: shown,
      tests: { ...countsOf(join(copy, 'results.json')), seconds: tested.seconds },
      passed: (shown?.ok ?? true) && tested.ok,
    };
  } finally {
    spawnSync('rm', ['-rf', '--one-file-system', copy]);
  }
};
