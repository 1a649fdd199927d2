import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { ProfileContext } from '../../src/backends/backend.js';
import { dysnomiaSupport } from '../../src/backends/shared/dysnomia-support.js';
import { credentials } from '../../src/model/managed-process.js';
import { readDysnomiaSupport } from '../../src/profile/dysnomia-support.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';

const filesFor = (forceDisableUserChange: boolean) =>
  dysnomiaSupport({
    units: [
      {
        context: { instance: { instance: 'web', forceDisableUserChange } },
        rendered: {
          credentials: credentials({
            groups: {},
            users: { web: { group: 'web', homeDir: '/srv/web', createHomeDir: true, shell: '/bin/sh' } },
          }),
        },
      },
    ],
  } as unknown as ProfileContext).flatMap((file) => (file.kind === 'file' ? [file] : []));

test.each([
  [false, "createHomeDir='1'\ngroup='web'\nhomeDir='/srv/web'\nshell='/bin/sh'\n", ['web']],
  [true, "createHomeDir='1'\ncreateHomeDirOnly='1'\nhomeDir='/srv/web'\n", []],
])('without user changes (%s), a user has nothing but a home directory to be made', async (isForced, text, users) => {
  const files = filesFor(isForced);
  expect(files.map((file) => [file.path, file.text.replace(/=([^'\n]+)$/gm, "='$1'")])).toEqual([
    ['dysnomia-support/users/web', text],
  ]);
  const place = await makeTemporaryDirectory();
  try {
    for (const { path, text: content } of files) {
      mkdirSync(dirname(join(place.path, path)), { recursive: true });
      writeFileSync(join(place.path, path), content);
    }
    const found = await readDysnomiaSupport(place.path);
    expect(found.users.map(({ name }) => name)).toEqual(users);
  } finally {
    await place.remove();
  }
});
