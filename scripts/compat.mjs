// npm run compat: the demo and the tests on later releases of Debian, each in a throw-away root.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { hasProgram, provideDebianPackages } from './setup/debian-packages.mjs';
import { SetupError } from './setup/setup-error.mjs';
import { ciPart } from './compat/ci-part.mjs';
import { makeRoot } from './compat/make-root.mjs';
import { resultsIn, runInRoot } from './compat/run-in-root.mjs';
import { showTable } from './compat/show-table.mjs';

const repository = fileURLToPath(new URL('..', import.meta.url));
const releases = ['trixie', 'sid'];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true, default: [] },
    'no-demo': { type: 'boolean', default: false },
    roots: { type: 'string' },
    json: { type: 'string' },
    ci: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (options.help) {
  process.stdout.write(`npm run compat -- [RELEASE…] [--only TESTS]… [--no-demo] [--roots DIRECTORY] [--json FILE]
npm run compat -- --ci FILE

  RELEASE            releases of Debian [${releases.join(' ')}]
  --only TESTS       only these test files or directories
  --no-demo          the tests alone
  --roots DIRECTORY  keep the unpacked releases there, and use those that are there [a temporary directory]
  --json FILE        writes versions and counts there, too
  --ci FILE          the part that .ci/run tests, within minutes: nothing is installed but what it needs; writes jest's
                     results there. Where no other release can be had it says so, and counts one skipped test

It tests the last commit, as root, and needs about 3 GB of disk for each release.
`);
  process.exit();
}

/** @throws SetupError for what cannot be done here */
const prepare = () => {
  if (process.getuid() !== 0) throw new SetupError('Only root can run another release of Debian: run it as root');
  const unknown = positionals.find((release) => !/^[a-z]+$/.test(release));
  if (unknown !== undefined) throw new SetupError(`"${unknown}" is no name of a Debian release, such as trixie`);
  provideDebianPackages([{ package: 'mmdebstrap', met: () => hasProgram('mmdebstrap') }]);
};

const remove = (root) => spawnSync('rm', ['-rf', '--one-file-system', root]);

/** An unpacked release stays as it is: the tests get a copy. */
const compare = async (release, directory) => {
  const root = join(directory, release);
  if (!existsSync(join(root, 'ready'))) makeRoot(release, root, ['nodejs', 'npm', 'git']);
  const copy = mkdtempSync(join(directory, `${release}-`));
  try {
    if (spawnSync('cp', ['-a', '--reflink=auto', `${root}/.`, copy], { stdio: 'inherit' }).status !== 0)
      throw new SetupError(`${release} could not be copied`);
    return await runInRoot({ release, root: copy, repository, demo: !options['no-demo'], tests: options.only });
  } finally {
    remove(copy);
  }
};

const runAll = async (directory) => {
  prepare();
  const results = [];
  for (const release of positionals.length > 0 ? positionals : releases)
    results.push(await compare(release, directory));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  process.stdout.write(showTable(results));
  return results.every(({ passed }) => passed);
};

const nothingRan = {
  numPassedTests: 0,
  numFailedTests: 0,
  numRuntimeErrorTestSuites: 0,
  numPendingTests: 1,
  numTodoTests: 0,
};

const runCiPart = async (directory, file) => {
  const { release, packages, tests, limit } = ciPart;
  const root = join(directory, release);
  try {
    prepare();
    makeRoot(release, root, packages);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    const name = `the tests on ${release}`;
    process.stderr.write(`compat: skipped: ${name}: ${error.message}\n`);
    // As npm test has it: where results count, somebody has written down why this may be.
    const explained = JSON.parse(readFileSync(join(repository, 'test', 'cannot-run-here.json'), 'utf8'));
    if (process.env.CI && !Object.hasOwn(explained, name)) throw error;
    writeFileSync(file, JSON.stringify(nothingRan));
    return true;
  }
  const modules = join(repository, 'node_modules');
  const result = await runInRoot({ release, root, repository, demo: false, tests, modules, limit });
  const results = resultsIn(root);
  if (existsSync(results)) copyFileSync(results, file);
  process.stdout.write(showTable([result]));
  return result.passed;
};

const kept = options.roots === undefined ? null : resolve(options.roots);
const directory = kept ?? mkdtempSync('/var/tmp/nixproc-compat-');
try {
  const passed = options.ci === undefined ? await runAll(directory) : await runCiPart(directory, resolve(options.ci));
  process.exitCode = passed ? 0 : 1;
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`compat: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  // Its mounts were those of namespaces that have ended.
  if (kept === null) remove(directory);
}
