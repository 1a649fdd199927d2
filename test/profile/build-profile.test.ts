import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { realise } from '../../src/profile/build-profile.js';
import { BuildError } from '../../src/system/errors.js';
import type { Ports } from '../../src/system/ports.js';

const stderr = `warning: the group 'nixbld' does not exist
these 2 derivations will be built:
  /nix/store/00000000000000000000000000000000-a.drv
  /nix/store/00000000000000000000000000000000-b.drv
building '/nix/store/00000000000000000000000000000000-a.drv'...
webapp.c:3: error: expected ';'
make: *** [webapp] Error 1
error: builder for '/nix/store/00000000000000000000000000000000-a.drv' failed with exit code 2
`;

const failingPorts: Ports = {
  run: async () => ({ exitCode: 100, stdout: '', stderr, timedOut: false }),
  log: pino({ level: 'silent' }),
  env: {},
};

test('a failed build shows what the builder printed last, and how to see all of it', async () => {
  const roots = await mkdtemp(join(tmpdir(), 'nixproc-roots-'));
  try {
    const options = { offline: true, hostPackages: false, showTrace: false };
    const context = { derivations: [{ path: '/nix/store/0-a.drv', outputs: ['out'] }], sources: [], storePaths: [] };
    const error: unknown = await realise(context, roots, options, failingPorts, { isTTY: false }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(BuildError);
    expect((error as BuildError).why).toBe(
      [
        "builder for '/nix/store/00000000000000000000000000000000-a.drv' failed with exit code 2",
        "webapp.c:3: error: expected ';'",
        'make: *** [webapp] Error 1',
      ].join('\n'),
    );
    expect((error as BuildError).fix).toContain(
      'nix-store --read-log /nix/store/00000000000000000000000000000000-a.drv',
    );
  } finally {
    await rm(roots, { recursive: true });
  }
});
