// npm run hostile: attacks of other users of the machine, and of a service's user, on deployments: those of test/hostile,
// and those that stand beside what they attack. CI does all of these files, with fewer of the attacks.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attackFiles } from './hostile/attack-files.mjs';

const repository = fileURLToPath(new URL('..', import.meta.url));

const missing = attackFiles.filter((file) => !existsSync(join(repository, file)));
if (missing.length > 0) {
  console.error(`scripts/hostile/attack-files.mjs names files that are not there: ${missing.join(', ')}`);
  process.exit(1);
}

const directory = mkdtempSync(join(tmpdir(), 'hostile-'));
const resultsFile = join(directory, 'results.json');
const run = (file, args) =>
  spawnSync(file, args, {
    cwd: repository,
    // With --json, what people read is on stderr.
    stdio: ['inherit', 'ignore', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1', NIXPROC_HOSTILE: 'full' },
  }).status ?? 1;

process.exitCode =
  run(process.execPath, ['scripts/build.mjs']) ||
  run(process.execPath, [
    ...['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--runInBand'],
    ...['--json', `--outputFile=${resultsFile}`, '--runTestsByPath', ...attackFiles],
  ]);

if (existsSync(resultsFile)) {
  const { testResults } = JSON.parse(readFileSync(resultsFile, 'utf8'));
  let [withstood, succeeded, skipped] = [0, 0, 0];
  for (const { assertionResults } of testResults) {
    for (const { status } of assertionResults) {
      if (status === 'passed') withstood += 1;
      else if (status === 'failed') succeeded += 1;
      else skipped += 1;
    }
  }
  console.log(`${withstood} attacks were withstood, ${succeeded} succeeded, ${skipped} could not be tried here`);
}
rmSync(directory, { recursive: true });
