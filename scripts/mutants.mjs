// npm run mutants: replaces each method of each process manager's session by one that does nothing and reports success, and
// tells the contract of all managers (test/contract) with it, which has to notice. Prints which step has noticed what.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const repository = fileURLToPath(new URL('..', import.meta.url));
const { values: options } = parseArgs({
  options: { only: { type: 'string' }, help: { type: 'boolean' } },
});
if (options.help) {
  process.stdout.write(`npm run mutants -- [--only PATTERN]

  --only PATTERN  only the mutants whose names match a regular expression, such as "under sysvinit a stop"
`);
  process.exit();
}

const run = (file, args, env = {}) =>
  spawnSync(file, args, { cwd: repository, stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1;

/** Makes a copy of the built program whose backends go through idle-session.ts. */
const makeProgram = async (dist) => {
  cpSync(join(repository, 'dist'), dist, { recursive: true });
  await build({
    entryPoints: [join(repository, 'test/contract/mutants/idle-session.ts')],
    outfile: join(dist, 'idle-session.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'warning',
  });
  const found = readdirSync(dist).filter((name) => {
    if (name.endsWith('.cache')) rmSync(join(dist, name));
    if (!name.endsWith('.js')) return false;
    const text = readFileSync(join(dist, name), 'utf8');
    const changed = text.replace(
      /loadBackend = \(name\) => registry\[name\]\(\);/,
      "loadBackend = (name) => registry[name]().then(require('./idle-session.js').mutated);",
    );
    writeFileSync(join(dist, name), changed);
    return changed !== text;
  });
  if (found.length !== 1) throw new Error('src/backends/registry.ts does not load backends as it did');
};

const directory = mkdtempSync(join(tmpdir(), 'mutants-'));
const report = join(directory, 'report');
let status = run(process.execPath, ['scripts/build.mjs']);
if (status === 0) {
  const dist = join(directory, 'dist');
  await makeProgram(dist);
  status = run(
    process.execPath,
    [
      '--experimental-vm-modules',
      'node_modules/jest/bin/jest.js',
      '--testMatch=**/test/contract/mutants/*.mutants.ts',
      ...(options.only === undefined ? [] : ['--testNamePattern', options.only]),
    ],
    { NODE_NO_WARNINGS: '1', NIXPROC_TEST_DIST: dist, NIXPROC_MUTANTS_REPORT: report },
  );
}
const rows = existsSync(report)
  ? readFileSync(report, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  : [];
rmSync(directory, { recursive: true });
for (const { manager, method, result } of rows) {
  process.stdout.write(`${manager.padEnd(12)} ${method.padEnd(16)} ${result}\n`);
}
const caught = rows.filter(({ result }) => result.startsWith('caught'));
const survived = rows.filter(({ result }) => result === 'survived');
process.stdout.write(`${caught.length} caught, ${survived.length} not, of ${rows.length} methods\n`);
process.exitCode = status;
