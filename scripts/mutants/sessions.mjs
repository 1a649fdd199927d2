// npm run mutants -- sessions: replaces each method of each process manager's session by one that does nothing and reports
// success, and tells the contract of all managers (test/contract) with it, which has to notice. Prints which step noticed what.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const run = (repository, args, env = {}) =>
  spawnSync(process.execPath, args, { cwd: repository, stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1;

/** Makes a copy of the built program whose backends go through idle-session.ts. */
const makeProgram = async (repository, dist) => {
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
      /loadBackend = \(name\) => entryOf\(name\)\.load\(\);/,
      "loadBackend = (name) => entryOf(name).load().then(require('./idle-session.js').mutated);",
    );
    writeFileSync(join(dist, name), changed);
    return changed !== text;
  });
  if (found.length !== 1) throw new Error('src/backends/registry.ts does not load backends as it did');
};

/**
 * @param options `only`: a pattern for names of mutants
 * @returns the exit code: not 0 when the contract did not notice one that is not known to be idle
 */
export const mutateSessions = async (repository, { only }) => {
  const directory = mkdtempSync(join(tmpdir(), 'mutants-'));
  try {
    const report = join(directory, 'report');
    const dist = join(directory, 'dist');
    const built = run(repository, ['scripts/build.mjs']);
    if (built !== 0) return built;
    await makeProgram(repository, dist);
    const status = run(
      repository,
      [
        '--experimental-vm-modules',
        'node_modules/jest/bin/jest.js',
        '--testMatch=**/test/contract/mutants/*.mutants.ts',
        ...(only === undefined ? [] : ['--testNamePattern', only]),
      ],
      { NODE_NO_WARNINGS: '1', NIXPROC_TEST_DIST: dist, NIXPROC_MUTANTS_REPORT: report },
    );
    const lines = existsSync(report) ? readFileSync(report, 'utf8').trim().split('\n') : [];
    const rows = lines.map((line) => JSON.parse(line));
    for (const { manager, method, result } of rows) {
      process.stdout.write(`${manager.padEnd(12)} ${method.padEnd(16)} ${result}\n`);
    }
    const count = (isWanted) => rows.filter(({ result }) => isWanted(result)).length;
    const caught = count((result) => result.startsWith('caught'));
    process.stdout.write(
      `${caught} caught, ${count((result) => result === 'survived')} not, of ${rows.length} methods\n`,
    );
    return status;
  } finally {
    rmSync(directory, { recursive: true });
  }
};
