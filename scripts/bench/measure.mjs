import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

/**
 * What something cost: seconds by the clock, seconds of processor time (with its descendants), and the peak memory of its
 * largest process in MB.
 *
 * @typedef {{ wall: number, cpu: number, peak: number }} Cost
 */

const program = fileURLToPath(new URL('measure.py', import.meta.url));

const collect = (stream) => {
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
};

/**
 * Runs a command and measures it; the measuring program's own start does not count.
 *
 * @param {readonly string[]} argv
 * @param {{ env: NodeJS.ProcessEnv, cwd: string }} options
 * @returns {Promise<Cost & { stdout: string, stderr: string }>}
 * @throws {Error} when the command fails
 */
export const measure = async (argv, options) => {
  const child = spawn('python3', ['-I', '-S', program, ...argv], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const [stdout, stderr, report] = [child.stdout, child.stderr, child.stdio[3]].map(collect);
  await once(child, 'close');
  const words = `${argv.slice(0, 6).join(' ')}: ${stdout()}${stderr()}`;
  if (report() === '') throw new Error(`could not be measured: ${words}`);
  const { exitCode, ...cost } = JSON.parse(report());
  if (exitCode !== 0) throw new Error(`exit code ${exitCode} from ${words}`);
  return { ...cost, stdout: stdout(), stderr: stderr() };
};

/** What several things cost, one after the other. */
export const inTurn = (costs) => ({
  wall: costs.reduce((sum, { wall }) => sum + wall, 0),
  cpu: costs.reduce((sum, { cpu }) => sum + cpu, 0),
  peak: Math.max(...costs.map(({ peak }) => peak)),
});

/** The cost by the clock of something that happens in this process. */
export const timed = async (work) => {
  const started = performance.now();
  await work();
  return { wall: (performance.now() - started) / 1000, cpu: 0, peak: 0 };
};
