import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createRun } from '../../src/system/run.js';
import { repository } from '../support/repository.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';

let directory: string;
let remove: () => Promise<void>;

beforeEach(async () => {
  const temporary = await makeTemporaryDirectory();
  directory = temporary.path;
  remove = temporary.remove;
  await mkdir(join(directory, 'bin'));
});

afterEach(async () => {
  await remove();
});

const addProgram = async (name: string, script: string): Promise<void> => {
  const file = join(directory, 'bin', name);
  await writeFile(file, `#!/bin/bash\n${script}\n`);
  await chmod(file, 0o755);
};

/** The programs of the package around /usr/bin/sed, on a machine where dpkg has no lists. */
const programsBesideSed = async (): Promise<readonly string[]> => {
  const out = join(directory, 'out');
  const { exitCode, stderr } = await createRun({})({
    file: 'unshare',
    args: [
      ...['--user', '--map-root-user', '--mount', 'sh', '-c'],
      'mount -t tmpfs none /var/lib/dpkg/info && exec "$@"',
      ...['sh', 'bash', '-e', join(repository, 'nix/host-packages/builders/link-host-package.sh')],
    ],
    env: {
      PATH: '/usr/bin:/bin',
      out,
      hostPath: `${directory}/bin:/usr/bin:/bin`,
      main: '/usr/bin/sed',
      withOwner: '1',
      directory: '',
      extras: '',
      names: '',
      wrappers: '',
      links: '',
    },
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return (await readdir(join(out, 'bin'))).sort();
};

// What each of them prints, of /usr/bin/sed in a package that has two programs, a document and a program that is gone.
const contents = ['usr/bin/sed', 'usr/bin/awk', 'usr/bin/is-not-there', 'usr/share/doc/sed/README'];
const withSlash = contents.map((file) => `/${file}`).join('\n');
const answers: readonly (readonly [string, string])[] = [
  ['rpm', `[ "$*" = '-qlf /usr/bin/sed' ] && echo '${withSlash}'`],
  [
    'pacman',
    `case "$*" in '-Qqo /usr/bin/sed') echo sed ;; '-Qlq sed') echo '/usr/\n/usr/bin/\n${withSlash}' ;; *) exit 1 ;; esac`,
  ],
  [
    'apk',
    `case "$*" in
  'info --who-owns /usr/bin/sed') echo '/usr/bin/sed is owned by sed-4.9-r2' ;;
  'info --contents sed') echo 'sed-4.9-r2 contains:\n${contents.join('\n')}\n' ;;
  *) exit 1 ;;
esac`,
  ],
];

test.each(answers)('the company of a program is what %s says of its owner', async (manager, script) => {
  await addProgram(manager, script);
  expect(await programsBesideSed()).toEqual(['awk', 'sed']);
});

test.each(['rpm', 'pacman', 'apk'])('a program that %s knows no owner of is alone', async (manager) => {
  await addProgram(manager, 'echo "error: no package owns $2" >&2; exit 1');
  expect(await programsBesideSed()).toEqual(['sed']);
});

test('without a package manager a program is alone', async () => {
  expect(await programsBesideSed()).toEqual(['sed']);
});
