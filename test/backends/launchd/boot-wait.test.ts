import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bootWaitCommands } from '../../../src/backends/launchd/boot-wait.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'np-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

test('a job waits until the jobs that it depends on run, and then becomes its program', () => {
  const launchctl = join(directory, 'launchctl');
  const asked = join(directory, 'asked');
  // It is in the second of the three domains, and up when it is asked about there for the second time.
  writeFileSync(
    launchctl,
    `#!/bin/sh
echo "$2" >>${asked}
case $2 in
  gui/*/org.nixos.db) [ "$(grep -c '^gui' ${asked})" -lt 2 ] || printf '\\tstate = running\\n' ;;
  *) exit 113 ;;
esac
`,
    { mode: 0o755 },
  );
  const commands = bootWaitCommands({ store: '/nix/store', jobs: ['org.nixos.db'], launchctl });
  const printed = execFileSync('/bin/sh', ['-c', commands, 'org.nixos.x', '/bin/echo', 'a b', '*'], {
    encoding: 'utf8',
  });
  expect(printed).toBe('a b *\n');
  const uid = process.getuid?.() ?? 0;
  expect(readFileSync(asked, 'utf8').trim().split('\n')).toEqual([
    'system/org.nixos.db',
    `gui/${uid}/org.nixos.db`,
    `user/${uid}/org.nixos.db`,
    'system/org.nixos.db',
    `gui/${uid}/org.nixos.db`,
  ]);
});

test('a job without dependencies asks launchctl nothing', () => {
  expect(bootWaitCommands({ store: '/nix/store', jobs: [] })).not.toContain('launchctl');
});
