import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { spawnSync } from 'node:child_process';

/** The machine that figures are from. */
export const describeMachine = () => ({
  date: new Date().toISOString(),
  system: `${platform()} ${release()} ${arch()}`,
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memory: Math.round(totalmem() / 2 ** 20),
  load: loadavg().map((load) => Number(load.toFixed(2))),
  node: process.versions.node,
  nix: spawnSync('nix-instantiate', ['--version'], { encoding: 'utf8' }).stdout.trim(),
});

/** The load of the last minute: figures of a busy machine spread more. */
export const currentLoad = () => Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);

const digits = (number) => (number >= 100 ? 0 : number >= 10 ? 1 : number >= 1 ? 2 : 3);
const show = (number) => number.toFixed(digits(number));

/** Columns as wide as what is in them, the first to the left and the others to the right. */
const table = (lines) => {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      `  ${line.map((text, column) => (column === 0 ? text.padEnd(widths[column]) : text.padStart(widths[column]))).join('  ')}`.trimEnd(),
    )
    .join('\n');
};

const targetOf = ({ atMost, atLeast }) => (atMost === undefined ? `≥ ${show(atLeast)}` : `≤ ${show(atMost)}`);

/** One subset's rows and figures, for people. */
export const formatSubset = ({ name, about, rows, figures }) =>
  [
    `${name}: ${about}`,
    table([
      ['', 'median s', 'from', 'to', 'cpu s', 'peak MB', 'rounds'],
      ...rows.map((row) => [
        row.name,
        ...[row.wall.median, row.wall.low, row.wall.high, row.cpu.median].map(show),
        String(Math.round(row.peak.median)),
        String(row.rounds),
      ]),
    ]),
    '',
    table([
      ['', 'median', 'from', 'to', 'of cpu', 'target', ''],
      ...figures.map((figure) => [
        figure.name,
        `${show(figure.median)} ${figure.unit}`,
        show(figure.low),
        show(figure.high),
        Number.isFinite(figure.cpu) ? show(figure.cpu) : '-',
        targetOf(figure),
        figure.isMet ? 'met' : 'MISSED',
      ]),
    ]),
    '',
  ].join('\n');
