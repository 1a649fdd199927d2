import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runit } from '../../../src/backends/runit/index.js';
import type { ProcessName } from '../../../src/model/process-model.js';
import type { JsonObject } from '../../../src/system/json.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { hostTools, managedProcess, renderDirect, renderManaged, type UnitOnDisk } from '../support/render-unit.js';

const tools = { ...hostTools, runit: '/usr' };
let place: TemporaryDirectory;
beforeAll(async () => {
  place = await makeTemporaryDirectory();
});
afterAll(() => place.remove());

const scriptOf = ({ rendered }: UnitOnDisk, name: string): string | undefined => {
  const file = rendered.files.find(({ path }) => path.endsWith(`/${name}`));
  return file?.kind === 'file' ? file.text : undefined;
};
const direct = (args: JsonObject): UnitOnDisk =>
  renderDirect(runit, { name: 'web', ...args }, { root: place.path, tools });

test('a process gets a service directory with a logger, and is a leader of a session under a runsv of its own', () => {
  const unit = renderManaged(
    runit,
    managedProcess({
      name: 'web' as ProcessName,
      foreground: { executable: '/bin/web', args: ['-v'] },
      path: ['/opt/tools'],
    }),
    { root: place.path, tools, readiness: { probe: { kind: 'path', path: '/x' }, timeout: 5, interval: 1 } },
  );
  expect(unit.rendered.files.map(({ path }) => path).sort()).toEqual([
    'etc/runit/sv/web/check',
    'etc/runit/sv/web/log/run',
    'etc/runit/sv/web/run',
  ]);
  expect(scriptOf(unit, 'web/run')).toMatch(
    /^#!\/bin\/dash\nexec 2>&1\nexec \/bin\/dash \S+-only-process .* \/usr\/bin\/chpst -P \/bin\/dash \S+-marked-start .* \S+-web-launch\n$/,
  );
  expect(scriptOf(unit, 'log/run')).toContain(`/usr/bin/svlogd ${place.path}/log/runit/web`);
  expect(scriptOf(unit, 'check')).toMatch(/await-ready .* path \/x >\/dev\/null 2>&1\n$/);
  expect(unit.rendered.properties).toMatchObject({ process: '/bin/web', args: ['-v'] });
});

test('createRunitService takes scripts for everything that runsv runs', () => {
  const unit = direct({
    run: '#!/bin/sh\nexec web\n',
    finish: '#!/bin/sh\nexit 0\n',
    check: '#!/bin/sh\nexit 0\n',
    control: { t: '#!/bin/sh\nexit 1\n' },
    log: false,
  });
  expect(unit.rendered.files.map(({ path }) => path.replace('etc/runit/sv/web/', '')).sort()).toEqual([
    'check',
    'control/t',
    'finish',
    'run',
  ]);
  expect(unit.rendered.activation).toMatchObject({ entries: ['check', 'control', 'finish', 'run'], logFile: null });
  expect(unit.rendered.properties).toEqual({
    run: '#!/bin/sh\nexec web\n',
    finish: '#!/bin/sh\nexit 0\n',
    control: { t: '#!/bin/sh\nexit 1\n' },
  });
});

test.each<[JsonObject, string]>([
  [{}, 'process'],
  [{ process: '' }, 'process'],
  [{ process: '/bin/web', control: { z: '' } }, 'control'],
  [{ process: '/bin/web', runlevels: [3] }, 'runlevels'],
  [{ process: '/bin/web', log: 'yes' }, 'log'],
])('it refuses %j by name', (args, name) => {
  expect(() => direct(args)).toThrow(`Process instance "web" has an argument that runit cannot take: ${name}`);
});

test.each(['', '.web', 'a/b', 'two words'])('%j is no name of a service', (name) => {
  expect(runit.nameProblem(name as ProcessName)).not.toBeNull();
});
