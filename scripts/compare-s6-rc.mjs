// Runs the same calls of s6-rc's programs against the stand-in of the tests and against real ones, and prints where exit codes,
// what is printed, or what runs afterwards differ:
//
//   node scripts/compare-s6-rc.mjs DIRECTORY…    directories with the programs of s6-rc, s6 and execline
//
// Ends with exit code 1 when anything differs from the first directory's programs.
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const programs = ['s6-rc', 's6-rc-compile', 's6-rc-init', 's6-rc-update', 's6-rc-format-upgrade'];

const sleeper = '#!/bin/sh\nexec sleep 1000\n';

/** Definitions by the names of files below a source directory. */
const sources = {
  one: {
    'a/type': 'longrun',
    'a/run': sleeper,
    'a/dependencies.d/o': '',
    'o/type': 'oneshot',
    'o/up': 'true',
    'o/down': 'true',
    'c/type': 'longrun',
    'c/run': sleeper,
    'c/dependencies.d/a': '',
    'bad/type': 'oneshot',
    'bad/up': 'false',
    'after-bad/type': 'longrun',
    'after-bad/run': sleeper,
    'after-bad/dependencies.d/bad': '',
    'vital/type': 'longrun',
    'vital/run': sleeper,
    'vital/flag-essential': '',
    'late/type': 'longrun',
    'late/run': sleeper,
    'late/notification-fd': '3',
    'late/timeout-up': '300',
    'p-srv/type': 'longrun',
    'p-srv/run': sleeper,
    'p-srv/producer-for': 'p-log',
    'p-log/type': 'longrun',
    'p-log/run': '#!/bin/sh\nexec cat\n',
    'p-log/consumer-for': 'p-srv',
    'p-log/pipeline-name': 'p',
    'all/type': 'bundle',
    'all/contents.d/a': '',
    'all/contents.d/p': '',
    'none/type': 'bundle',
    'none/contents': '',
  },
  // The oneshot is gone, a longrun is a oneshot now, another one is new.
  two: {
    'a/type': 'longrun',
    'a/run': sleeper,
    'c/type': 'oneshot',
    'c/up': 'true',
    'n/type': 'longrun',
    'n/run': sleeper,
    'p-srv/type': 'longrun',
    'p-srv/run': sleeper,
    'p-srv/producer-for': 'p-log',
    'p-log/type': 'longrun',
    'p-log/run': '#!/bin/sh\nexec cat\n',
    'p-log/consumer-for': 'p-srv',
    'p-log/pipeline-name': 'p',
    'all/type': 'bundle',
    'all/contents.d/a': '',
    'all/contents.d/n': '',
  },
  undefined: { 'x/type': 'oneshot', 'x/up': 'true', 'x/dependencies.d/nobody': '' },
  reserved: { 's6-rc-x/type': 'oneshot', 's6-rc-x/up': 'true' },
  'without-run': { 'x/type': 'longrun' },
  'of-no-type': { 'x/type': 'nothing' },
  'without-contents': { 'x/type': 'bundle' },
  circle: {
    'x/type': 'oneshot',
    'x/up': 'true',
    'x/dependencies.d/y': '',
    'y/type': 'oneshot',
    'y/up': 'true',
    'y/dependencies.d/x': '',
  },
  'one-sided': { 'x/type': 'longrun', 'x/run': sleeper, 'x/producer-for': 'y', 'y/type': 'longrun', 'y/run': sleeper },
};

/** The calls, in their order; @ is the directory of a run. */
const calls = [
  ['s6-rc', 'help'],
  ['s6-rc'],
  ['s6-rc', 'nonsense'],
  ['s6-rc', '-l', '@/live', '-a', 'list'],
  ...Object.keys(sources).map((name) => ['s6-rc-compile', `@/db-${name}`, `@/${name}`]),
  ['s6-rc-compile', '@/db-one', '@/one'],
  ['s6-rc-compile', '@/db-nowhere', '@/nowhere'],
  ['s6-rc-init', '-b', '-c', '@/db-nowhere', '-l', '@/other', '@/scan'],
  ['s6-rc-init', '-c', '@/db-nowhere', '-l', '@/other', '@/scan'],
  ['s6-rc-init', '-t', '10000', '-c', '@/db-one', '-l', '@/live', '-p', 'test-', '@/scan'],
  ['s6-rc', '-b', '-l', '@/live', '-a', 'list'],
  ['s6-rc', '-b', '-l', '@/live', '-da', 'list'],
  ['s6-rc', '-b', '-l', '@/live', 'list', 'all'],
  ['s6-rc', '-b', '-l', '@/live', 'list', 'nobody'],
  ['s6-rc', '-b', '-l', '@/live', '-u', 'change', 'nobody'],
  ['s6-rc', '-b', '-l', '@/live', '-t', '10000', '-u', 'change', 'c'],
  ['s6-rc', '-b', '-l', '@/live', '-t', '10000', '-u', 'change', 'c'],
  ['s6-rc', '-b', '-l', '@/live', '-u', 'change'],
  ['s6-rc', '-b', '-l', '@/live', '-t', '10000', '-u', 'change', 'bad'],
  ['s6-rc', '-b', '-l', '@/live', '-t', '10000', '-u', 'change', 'after-bad', 'p'],
  ['s6-rc', '-b', '-l', '@/live', '-t', '10000', '-u', 'change', 'late'],
  ['s6-rc', '-b', '-l', '@/live', '-t', '10000', '-u', 'change', 'vital', 'none'],
  ['s6-rc', '-b', '-l', '@/live', '-t', '10000', '-d', 'change', 'vital'],
  ['s6-rc', '-b', '-l', '@/live', '-t', '10000', '-d', 'change', 'vital', 'p'],
  ['s6-rc', '-b', '-l', '@/live', '-t', '10000', '-D', 'change', 'vital'],
  ['s6-rc', '-b', '-l', '@/live', '-t', '10000', '-d', 'change', 'o'],
  ['s6-rc', '-b', '-l', '@/live', '-t', '10000', '-u', 'change', 'all', 'c'],
  ['s6-rc-update', '-b', '-l', '@/live', '-t', '10000', '@/db-nowhere'],
  ['s6-rc-update', '-b', '-l', '@/elsewhere', '-t', '10000', '@/db-two'],
  ['s6-rc-update', '-b', '-l', '@/live', '-t', '10000', '@/db-two'],
  ['s6-rc', '-b', '-l', '@/live', 'list', 'all'],
  ['s6-rc-update', '-b', '-l', '@/live', '-t', '10000', '@/db-one'],
  ['s6-rc-format-upgrade', '-b', '-l', '@/live', '-t', '10000', '@/db-one'],
  ['s6-rc', '-b', '-l', '@/live', '-t', '10000', '-D', 'change', 'all', 'o'],
];

const writeSources = (root) => {
  for (const [source, files] of Object.entries(sources)) {
    for (const [name, text] of Object.entries(files)) {
      const file = join(root, source, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text === '' ? '' : text.endsWith('\n') ? text : `${text}\n`, { mode: 0o755 });
    }
  }
};

/** The stand-in over the s6 of the machine. */
const installStandIn = (root) => {
  const script = join(root, 'stand-in.py');
  copyFileSync(join(repository, 'test/backends/s6-rc/support/stand-in.py'), script);
  chmodSync(script, 0o755);
  const bin = join(root, 'bin');
  mkdirSync(bin);
  for (const program of programs) symlinkSync(script, join(bin, program));
  return bin;
};

/** Lines in one order, without the services that s6-rc needs itself: the stand-in needs none. */
const sorted = (text) =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('s6rc-'))
    .sort()
    .join(' ');

/** Failures of services, in s6-rc's words: those are shown to users. Others have what is wrong in words of their own. */
const warningsIn = (text, root) =>
  sorted(
    text
      .split('\n')
      .filter((line) => line.startsWith('s6-rc: warning:'))
      .join('\n')
      .replaceAll(root, '@'),
  );

/** What each call answers, and which services are up and which run after it. */
const answersOf = async (directory) => {
  const root = mkdtempSync(join(tmpdir(), 's6-rc-'));
  const bin = directory ?? installStandIn(root);
  const env = { PATH: `${bin}:${systemPath}` };
  const run = ([file, ...args]) => spawnSync(file, args, { env, cwd: '/', encoding: 'utf8', timeout: 60_000 });
  writeSources(root);
  mkdirSync(join(root, 'scan'));
  const scan = spawn('s6-svscan', [join(root, 'scan')], { env, stdio: 'ignore' });
  while (run(['s6-svscanctl', '-a', join(root, 'scan')]).status !== 0) await sleep(50);
  const answers = [];
  for (const call of calls) {
    const { status, stdout, stderr } = run(call.map((word) => word.replaceAll('@', root)));
    const up = run(['s6-rc', '-l', join(root, 'live'), '-a', 'list']);
    const running = run([
      'sh',
      '-c',
      'for d in "$0"/scan/test-*; do [ "$(s6-svstat -o up "$d" 2>/dev/null)" = true ] && echo "${d##*/test-}"; done',
      root,
    ]);
    const said = call[1] === 'help' ? (stdout === '' ? 'nothing' : 'something') : sorted(stdout);
    answers.push({
      code: status,
      said,
      warned: warningsIn(stderr, root),
      up: sorted(up.stdout),
      runs: sorted(running.stdout),
    });
  }
  run(['sh', '-c', 'for d in "$0"/scan/test-*; do s6-svc -xd "$d"; done', root]);
  const ended = new Promise((resolve) => scan.once('exit', resolve));
  run(['s6-svscanctl', '-t', join(root, 'scan')]);
  await ended;
  rmSync(root, { recursive: true, force: true });
  return answers;
};

const directories = process.argv.slice(2);
const [first = [], ...others] = await Promise.all(directories.map(answersOf));
const all = [
  ...others.map((answers, index) => [directories[index + 1], answers]),
  ['the stand-in', await answersOf(null)],
];
let differences = 0;
for (const [index, call] of calls.entries()) {
  for (const [name, answers] of all) {
    for (const key of ['code', 'said', 'warned', 'up', 'runs']) {
      const [expected, found] = [first[index]?.[key], answers[index]?.[key]];
      if (expected === found) continue;
      differences += 1;
      console.log(
        `${call.join(' ')}\n  ${key}: ${JSON.stringify(expected)} with ${directories[0]}, ${JSON.stringify(found)} with ${name}`,
      );
    }
  }
}
console.log(`${calls.length} calls, ${differences} differences`);
process.exitCode = differences === 0 ? 0 : 1;
