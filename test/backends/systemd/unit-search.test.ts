import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { listDirectory, searchUnits } from '../../../src/backends/systemd/unit-search.js';
import { makeTemporaryDirectory } from '../../support/temporary-directory.js';

test('masks, units that hide ours, and drop-ins of every kind are found in the order of systemd', async () => {
  const { path, remove } = await makeTemporaryDirectory();
  try {
    const directories = ['control', 'ours', 'runtime'].map((name) => join(path, name));
    const [control = '', ours = '', runtime = ''] = directories;
    await Promise.all(directories.map((directory) => mkdir(directory)));
    await symlink('/dev/null', join(control, 'nix-process-a.service'));
    await symlink('/store/nix-process-a.service', join(ours, 'nix-process-a.service'));
    await symlink('/dev/null', join(ours, 'nix-process-b.service'));
    await writeFile(join(control, 'nix-process-c.service'), '');
    await symlink('/store/nix-process-d.service', join(ours, 'nix-process-d.service'));
    await symlink('/dev/null', join(runtime, 'nix-process-d.service'));
    const dropIns = [
      'nix-process-d.service.d',
      'nix-process-.service.d',
      'nix-.service.d',
      'other-.service.d',
      'nix-.timer.d',
    ];
    for (const name of dropIns) {
      await mkdir(join(runtime, name));
      await writeFile(join(runtime, name, 'x.conf'), '');
      await writeFile(join(runtime, name, 'x.conf~'), '');
    }
    const names = ['a', 'b', 'c', 'd', 'e'].map((name) => `nix-process-${name}.service`);
    const search = searchUnits([...directories, join(path, 'missing')], listDirectory(ours, names), names);
    expect(names.map((name) => search.hiddenBy(name))).toEqual([
      { path: join(control, 'nix-process-a.service'), isMask: true },
      { path: join(ours, 'nix-process-b.service'), isMask: true },
      { path: join(control, 'nix-process-c.service'), isMask: false },
      null,
      null,
    ]);
    expect(search.dropIns('nix-process-d.service')).toEqual(
      ['nix-process-d.service.d', 'nix-.service.d', 'nix-process-.service.d'].map((name) =>
        join(runtime, name, 'x.conf'),
      ),
    );
    expect(search.dropIns('nix-process-e.service')).toHaveLength(2);
  } finally {
    await remove();
  }
});
