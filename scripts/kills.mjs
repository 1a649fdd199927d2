// npm run kills: makes machines for tests again and again, kills their processes at random moments, and fails when a process, a
// mount or a control group is left. Prints how often what was killed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const repository = fileURLToPath(new URL('..', import.meta.url));
const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    runs: { type: 'string', default: '200' },
    help: { type: 'boolean' },
  },
});
if (options.help) {
  process.stdout.write(`npm run kills -- [--seed N] [--runs N], as root

  --seed N  repeat what a run that printed this seed did [something else each time]
  --runs N  how many machines [200]
`);
  process.exit();
}
if (process.getuid() !== 0) {
  process.stderr.write('npm run kills needs root\n');
  process.exit(1);
}
process.stdout.write(`seed ${options.seed}\n`);

const directory = mkdtempSync(join(tmpdir(), 'kills-'));
const reportFile = join(directory, 'report');
writeFileSync(reportFile, '');
const { status } = spawnSync(
  process.execPath,
  ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', 'test/test-driver/random-kills'],
  {
    cwd: repository,
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_NO_WARNINGS: '1',
      KILLS_SEED: options.seed,
      KILLS_RUNS: options.runs,
      KILLS_REPORT: reportFile,
    },
  },
);
const counts = new Map();
for (const line of readFileSync(reportFile, 'utf8')
  .split('\n')
  .filter((text) => text !== ''))
  counts.set(line, (counts.get(line) ?? 0) + 1);
rmSync(directory, { recursive: true });
for (const [blow, count] of [...counts].sort()) process.stdout.write(`${String(count).padStart(4)} ${blow}\n`);
process.exitCode = status ?? 1;
