import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { launchScript, type Launch } from '../../src/backends/shared/launch-script.js';
import { lookThrough } from '../../src/backends/shared/launched-program.js';
import { loadBackend, managerNames, parseManagerName } from '../../src/backends/registry.js';
import { manifestPath } from '../../src/profile/manifest-path.js';
import type { Manifest } from '../../src/profile/manifest.js';
import { repository } from '../support/repository.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';

/** The manifest of a golden profile. */
const goldenManifest = (name: string): Manifest => {
  const text = readFileSync(join(repository, 'fixtures/golden', `${name}.txt`), 'utf8');
  const [, rest = ''] = text.split(`===== ${manifestPath}\n`);
  return JSON.parse(rest.split('\n===== ')[0] ?? '') as Manifest;
};

test.each(managerNames)('it is known which program a start by %s runs', async (name) => {
  const { launches } = await loadBackend(parseManagerName(name));
  const unit = goldenManifest(`webapps/${name}-privileged`).units.find(({ instance }) => instance === 'webapp1');
  const launched = unit === undefined ? null : await launches?.(unit);
  expect(lookThrough(launched?.words ?? []).programs.at(-1)).toBe('/nix/store/HASH-webapp/bin/webapp');
});

const scripts: readonly (readonly [string, Partial<Launch>])[] = [
  ['alone', {}],
  ['with commands before it', { initialize: 'set -- "$HOME"\necho begun', directory: '/srv/it is here' }],
  ['as another user, with values that shells lose', { user: { name: 'me', setpriv: '/bin/setpriv' }, nice: 3 }],
  ['with an argument of two lines', { command: ["/opt/it's/bin/server", 'one\ntwo'], environment: { 'A.B': 'c' } }],
];

test.each(scripts)('a launch script tells its program: %s', async (_, launch) => {
  const place = await makeTemporaryDirectory();
  try {
    const file = join(place.path, `${'0'.repeat(32)}-server-launch`);
    const command = ["/opt/it's/bin/server", '--port', '80'];
    writeFileSync(file, launchScript({ coreutils: '/usr', command, ...launch }));
    const wanted = ['/usr/bin/sh', command[0]];
    expect(lookThrough(['/usr/bin/sh', file])).toEqual({ programs: wanted, directory: launch.directory ?? null });
    expect(lookThrough(['/usr/bin/nice', '-n', '3', '--', '/usr/bin/sh', file]).programs.slice(1)).toEqual(wanted);
  } finally {
    await place.remove();
  }
});
