// Installs the Debian packages that its arguments name, without starting or enabling any service. A program of its own, so that it can
// run under a lock, and so that a signal reaches it while apt-get works.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { withoutServices } from './without-services.mjs';

const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' };
const options = ['-qq', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Use-Pty=0'];

let received = null;
let running = null;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    received = signal;
    running?.kill(signal);
  });
}

/** Runs apt-get to its end; tells its output only when it fails. */
const aptGet = async (...args) => {
  if (received !== null) return { ok: false, output: `interrupted by ${received}\n` };
  let output = '';
  running = spawn('apt-get', [...options, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [running.stdout, running.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  }
  const [code] = await once(running, 'close');
  running = null;
  return { ok: code === 0, output };
};

const install = async (packages) => {
  const installation = ['install', '--yes', '--no-install-recommends', ...packages];
  const first = await aptGet(...installation);
  if (first.ok) return first;
  // The package lists are missing or older than the archive. A broken third-party source must not stop us here.
  await aptGet('update');
  return aptGet(...installation);
};

const { ok, output } = await withoutServices(() => install(process.argv.slice(2)));
if (!ok) process.stderr.write(output);
process.exitCode = ok ? 0 : 1;
if (received !== null) process.exitCode = 128 + constants.signals[received];
