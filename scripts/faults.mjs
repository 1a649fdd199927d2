// npm run faults: kills the tool before and after every step of switches, moves and rollbacks, and moves deployments
// between all managers. Reports how often that was done. Options: --moves (only these), --only TEXT (tests with TEXT in
// their names, such as "under sysvinit").
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));
const options = process.argv.slice(2);
const onlyAt = options.indexOf('--only');
const directory = mkdtempSync(join(tmpdir(), 'faults-'));
const reportFile = join(directory, 'report');
writeFileSync(reportFile, '');

const run = (file, args, env = {}) =>
  spawnSync(file, args, { cwd: repository, stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1;

const count = (rows, keyOf) => {
  const counts = new Map();
  for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1);
  return counts;
};

const status =
  run(process.execPath, ['scripts/build.mjs']) ||
  run(
    process.execPath,
    [
      '--experimental-vm-modules',
      'node_modules/jest/bin/jest.js',
      '--runInBand',
      `test/faults/${options.includes('--moves') ? 'moves' : ''}`,
      ...(onlyAt < 0 ? [] : ['--testNamePattern', options[onlyAt + 1] ?? '']),
    ],
    {
      NODE_NO_WARNINGS: '1',
      NIXPROC_FAULTS: 'full',
      NIXPROC_FAULTS_REPORT: reportFile,
    },
  );

const rows = readFileSync(reportFile, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line));
rmSync(directory, { recursive: true });
const kills = rows.filter((row) => row.operation !== undefined && row.operation !== 'downtime');
if (kills.length > 0) {
  process.stdout.write(`killed ${kills.length} commands; after each of them the next one reached its target:\n`);
  for (const [what, number] of count(kills, ({ operation, manager }) => `${operation}, ${manager}`)) {
    process.stdout.write(`  ${String(number).padStart(5)}  ${what}\n`);
  }
}
const moves = rows.filter((row) => row.operation === 'downtime');
if (moves.length > 0) {
  process.stdout.write('moved, with the milliseconds for which each instance did not answer:\n');
  for (const { from, to, instances } of moves) process.stdout.write(`  ${from} to ${to}: ${instances}\n`);
}
process.exitCode = status;
