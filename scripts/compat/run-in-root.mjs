import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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
if [ -n "$MODULES" ]; then mount --bind "$MODULES" ".$PLACE/node_modules"; fi
mkdir -p before
pivot_root . before
umount -l /before
rmdir /before
exec "$@"
`;

/** In the release, after the clone was made there. */
const versions = `
node --version
nix-env --version 2>/dev/null
systemctl --version | head -n 1
supervisord --version
dpkg-query --show --showformat '\${Version}\n' s6
podman --version 2>/dev/null
`;

/** Where a copy of the file lies, in the release, with the certificates that npm trusts here. */
const certificates = '/etc/ssl/certs/of-npm.crt';

const unshare = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'];

const npmSetting = (name) => spawnSync('npm', ['config', 'get', name], { encoding: 'utf8' }).stdout.trim();

/** Where the clone is, in the release. */
const place = '/root/nix-processmgmt-ts';

/** npm reaches its registry there as it does here. */
const environment = (modules) => ({
  MODULES: modules ?? '',
  PLACE: place,
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

/** Runs a script of the clone to its end and lets its output be seen; says whether it succeeded, and how long it took. */
const runScript = async (root, { modules = null, limit = 0 }, args, env = {}) => {
  const begin = Date.now();
  const script = ['sh', '-euc', 'cd "$PLACE"; exec node "$@"', 'node', ...args];
  // timeout(1) takes 0 for no limit; it cannot be the first process of a namespace.
  const limited = ['-k', '10', String(limit), 'unshare', ...command(root, script)];
  const exitCode = await runToEnd('timeout', limited, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...environment(modules), ...env },
  });
  return { ok: exitCode === 0, seconds: Math.round((Date.now() - begin) / 1000) };
};

/** Where jest's results are after runInRoot, unless no test could run. */
export const resultsIn = (root) => join(root, 'results.json');

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

/** Clones the repository, with its npm packages when they are shared, and the certificates that npm trusts here. */
const fillRoot = (root, repository, modules) => {
  const { status } = spawnSync('git', ['clone', '--quiet', repository, join(root, place)], { stdio: 'inherit' });
  if (status !== 0) throw new SetupError(`git could not clone ${repository}`);
  if (modules !== null) mkdirSync(join(root, place, 'node_modules'));
  const trusted = npmSetting('cafile');
  if (trusted !== 'null') copyFileSync(trusted, join(root, certificates));
};

/**
 * Clones the repository into an unpacked release, and runs the demo and the tests there as root.
 *
 * @param {{ release: string, root: string, repository: string, demo: boolean, tests: readonly string[], modules?: string | null, limit?: number }} what
 *   `tests`: files and directories, all when there are none; `modules`: directory of the npm packages, where the release has
 *   all that the tests need and is to install nothing; `limit`: seconds that the demo and the tests may take each
 * @throws SetupError
 */
export const runInRoot = async ({ release, root, repository, demo, tests, modules = null, limit = 0 }) => {
  fillRoot(root, repository, modules);
  process.stderr.write(`compat: ${release}\n`);
  const shown = demo ? await runScript(root, { modules, limit }, ['scripts/demo.mjs']) : null;
  const tested = await runScript(root, { modules, limit }, ['scripts/test.mjs', ...tests], {
    NIXPROC_TEST_RESULTS: '/results.json',
    ...(modules === null ? {} : { NIXPROC_TEST_PREPARED: '1' }),
    ...(process.env.CI === undefined ? {} : { CI: process.env.CI }),
  });
  const [node, nix, systemd, supervisor, s6, podman] = askInRoot(root, 'sh', '-c', versions)
    .split('\n')
    .map((line) => /\d+(\.\d+)+|\d{3}/.exec(line)?.[0] ?? '?');
  return {
    release,
    versions: { node, nix, systemd, supervisor, s6, podman },
    demo: shown,
    tests: { ...countsOf(resultsIn(root)), seconds: tested.seconds },
    passed: (shown?.ok ?? true) && tested.ok,
  };
};
