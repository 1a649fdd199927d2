// npm run faults: kills the tool before and after every step of switches, moves and rollbacks, and moves deployments
// between all managers. Reports how often that was done.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const repository = fileURLToPath(new URL('..', import.meta.url));
const { values: options } = parseArgs({
  options: { moves: { type: 'boolean', default: false }, only: { type: 'string' }, help: { type: 'boolean' } },
});
if (options.help) {
  process.stdout.write(`npm run faults -- [--moves] [--only PATTERN]

  --moves         only moves, and two switches at once
  --only PATTERN  only the tests whose names match a regular expression, such as "killed under sysvinit"
`);
  process.exit();
}

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
      `test/faults/${options.moves ? 'moves' : ''}`,
      ...(options.only === undefined ? [] : ['--testNamePattern', options.only]),
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
const others = ['downtime', 'two at once'];
const kills = rows.filter(({ operation }) => !others.includes(operation));
if (kills.length > 0) {
  process.stdout.write(`killed ${kills.length} commands; after each of them the next one reached its target:\n`);
  for (const [what, number] of count(kills, ({ operation, manager }) => `${operation}, ${manager}`)) {
    process.stdout.write(`  ${String(number).padStart(5)}  ${what}\n`);
  }
}
const races = rows.filter(({ operation }) => operation === 'two at once');
if (races.length > 0) {
  process.stdout.write(`began two switches at once ${races.length} times; each time one generation ran afterwards:\n`);
  for (const [manager, number] of count(races, (row) => row.manager)) {
    process.stdout.write(`  ${String(number).padStart(5)}  ${manager}\n`);
  }
}
const moves = rows.filter(({ operation }) => operation === 'downtime');
if (moves.length > 0) {
  process.stdout.write('moved, with the milliseconds for which each instance did not answer:\n');
  for (const { from, to, instances } of moves) process.stdout.write(`  ${from} to ${to}: ${instances}\n`);
}
process.exitCode = status;
