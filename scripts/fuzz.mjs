// npm run fuzz: gives the tool command lines, files and answers of programs that are wrong in every way, and looks that
// each ends with a message and a documented exit code. Prints the seed, with which the same is tried again.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const repository = fileURLToPath(new URL('..', import.meta.url));
const { values: options } = parseArgs({
  options: {
    seed: { type: 'string' },
    cases: { type: 'string', default: '10000' },
    case: { type: 'string' },
    only: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (options.help) {
  process.stdout.write(`npm run fuzz -- [--seed N] [--cases N] [--case N] [--only KINDS]

  --seed N      repeat the cases of a run that printed this seed [another one each time]
  --cases N     how many cases [10000]
  --case N      only the case with this number
  --only KINDS  only some kinds, separated by commas: command lines, state files and manifests, plan files,
                answers of Nix, answers of managers, foreign layouts
`);
  process.exit();
}

const seed = options.seed ?? String(Math.floor(Math.random() * 1_000_000));
process.stdout.write(`seed ${seed}\n`);

const directory = mkdtempSync(join(tmpdir(), 'fuzz-'));
const reportFile = join(directory, 'report');
writeFileSync(reportFile, '');

const run = (file, args, env = {}) =>
  spawnSync(file, args, { cwd: repository, stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1;

const started = Date.now();
const status =
  run(process.execPath, ['scripts/build.mjs']) ||
  run(process.execPath, ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--runInBand', 'test/fuzz/'], {
    NODE_NO_WARNINGS: '1',
    FUZZ_SEED: seed,
    FUZZ_CASES: options.case === undefined ? options.cases : '1',
    FUZZ_FROM: options.case ?? '0',
    ...(options.only === undefined ? {} : { FUZZ_ONLY: options.only }),
    FUZZ_REPORT: reportFile,
  });

const table = (counts) => {
  for (const [name, number] of Object.entries(counts).sort(([, a], [, b]) => b - a)) {
    process.stdout.write(`  ${String(number).padStart(6)}  ${name}\n`);
  }
};
for (const line of readFileSync(reportFile, 'utf8').split('\n')) {
  if (line === '') continue;
  const { count, byKind, byExitCode } = JSON.parse(line);
  process.stdout.write(`${count} cases with the seed ${seed} in ${Math.round((Date.now() - started) / 1000)} s:\n`);
  table(byKind);
  process.stdout.write('how their commands ended, by exit code:\n');
  table(byExitCode);
}
rmSync(directory, { recursive: true });
process.exitCode = status;
