import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openrc } from '../../../src/backends/openrc/index.js';
import type { ProcessName } from '../../../src/model/process-model.js';
import type { JsonObject } from '../../../src/system/json.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { hostTools, managedProcess, renderDirect, renderManaged, type UnitOnDisk } from '../support/render-unit.js';

let place: TemporaryDirectory;
beforeAll(async () => {
  place = await makeTemporaryDirectory();
});
afterAll(() => place.remove());

const textOf = ({ rendered: { files } }: UnitOnDisk): string =>
  files.map((file) => (file.kind === 'file' ? file.text : '')).join('');
const direct = (args: JsonObject): UnitOnDisk =>
  renderDirect(openrc, { name: 'web', process: '/bin/web', ...args }, { root: place.path, tools: hostTools });

test('a process gets a service script, which needs what it depends on, and waits until it is ready', () => {
  const unit = renderManaged(
    openrc,
    managedProcess({
      name: 'web' as ProcessName,
      description: "it's\nthe web",
      foreground: { executable: '/bin/web', args: ['-v'] },
      initialize: 'mkdir -p /srv',
    }),
    {
      root: place.path,
      tools: hostTools,
      dependencies: ['db', 'cache'],
      readiness: { probe: { kind: 'path', path: '/x' }, timeout: 5, interval: 1 },
    },
  );
  expect(unit.rendered.files.map(({ path }) => path)).toEqual(['etc/init.d/nix-process-web']);
  const lines = textOf(unit).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      '#!/sbin/openrc-run',
      `description='it'\\''s the web'`,
      'supervisor=supervise-daemon',
      'retry=TERM/10/KILL/5',
      '    need nix-process-db nix-process-cache',
      expect.stringMatching(/^ {4}\/bin\/dash \S+-web-initialize$/),
      expect.stringMatching(/^ {4}\/bin\/dash \S+-await-ready \/usr 5 1 path \/x && return 0$/),
    ]),
  );
  expect(unit.rendered.activation).toMatchObject({ awaitsReadiness: true, runlevels: ['default'] });
});

test('createOpenRCService takes the relations, runlevels and respawn limits of OpenRC', () => {
  const unit = direct({
    depend: { use: ['net', 'dns'], after: ['firewall'] },
    runlevels: ['boot', 'default'],
    respawnDelay: 2,
    respawnMax: 3,
    respawnPeriod: 30,
  });
  expect(textOf(unit)).toContain('depend() {\n    use net dns\n    after firewall\n}\n');
  expect(textOf(unit)).toContain('respawn_delay=2\nrespawn_max=3\nrespawn_period=30\n');
  expect(unit.rendered.activation).toMatchObject({ runlevels: ['boot', 'default'], awaitsReadiness: false });
  expect(unit.rendered.properties).toMatchObject({
    respawnMax: 3,
    depend: { use: ['net', 'dns'], after: ['firewall'] },
  });
});

test.each<[JsonObject, string]>([
  [{ process: '' }, 'process'],
  [{ depend: { needs: ['net'] } }, 'needs'],
  [{ depend: { use: ['net; reboot'] } }, 'depend.use.0'],
  [{ runlevels: ['../boot'] }, 'runlevels.0'],
  [{ respawnDelay: 0 }, 'respawnDelay'],
  [{ respawnDelay: 10 }, 'respawnPeriod'],
  [{ nonsense: true }, 'nonsense'],
])('it refuses %j by name', (args, name) => {
  expect(() => direct(args)).toThrow(`Process instance "web" has an argument that openrc cannot take: ${name}`);
});

test.each(['', 'web.sh', 'a/b', 'two words', '@home'])('%j is no name of a service', (name) => {
  expect(openrc.nameProblem(name as ProcessName)).not.toBeNull();
});
