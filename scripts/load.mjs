// npm run load: a hundred services, fifty switches with random changes, and forty `status` at once meanwhile, under real
// managers. Fails when a process, a descriptor, a root of the store or a file is left, and prints how long all of it took.
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
    managers: {
      type: 'string',
      default: process.getuid() === 0 ? 'supervisord,systemd,sysvinit' : 'supervisord,sysvinit',
    },
    services: { type: 'string', default: '100' },
    switches: { type: 'string', default: '50' },
    status: { type: 'string', default: '40' },
    every: { type: 'string', default: '5' },
    help: { type: 'boolean' },
  },
});
if (options.help) {
  process.stdout
    .write(`npm run load -- [--seed N] [--managers NAMES] [--services N] [--switches N] [--status N] [--every N]

  --seed N          repeat the changes of a run that printed this seed [other ones each time]
  --managers NAMES  separated by commas [supervisord,systemd,sysvinit; systemd takes root]
  --services N      [100]
  --switches N      [50]
  --status N        how many \`status\` run at once [40]
  --every N         during which switches: each N-th [5]
`);
  process.exit();
}
process.stdout.write(`seed ${options.seed}\n`);

const directory = mkdtempSync(join(tmpdir(), 'load-'));
const reportFile = join(directory, 'report');
writeFileSync(reportFile, '');

const run = (file, args, env = {}) =>
  spawnSync(file, args, { cwd: repository, stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1;

const status =
  run(process.execPath, ['scripts/build.mjs']) ||
  run(process.execPath, ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--runInBand', 'test/load/'], {
    NODE_NO_WARNINGS: '1',
    LOAD_SEED: options.seed,
    LOAD_MANAGERS: options.managers,
    LOAD_SERVICES: options.services,
    LOAD_SWITCHES: options.switches,
    LOAD_STATUS: options.status,
    LOAD_EVERY: options.every,
    LOAD_REPORT: reportFile,
  });

const seconds = ([median, longest]) => `${median.toFixed(1)} s (at most ${longest.toFixed(1)} s)`;
for (const line of readFileSync(reportFile, 'utf8').split('\n')) {
  if (line === '') continue;
  const { manager, services, switches, switchSeconds, questions, statusSeconds, ...left } = JSON.parse(line);
  process.stdout.write(
    `${manager}: ${services} services, ${switches} switches, each ${seconds(switchSeconds)}; ` +
      `${questions} status, each ${seconds(statusSeconds)}; as before: ${left.helpers} helpers, ` +
      `${left.descriptors} descriptors of the supervisor, ${left.roots} roots, ${left.files} files\n`,
  );
}
rmSync(directory, { recursive: true });
process.exitCode = status;
