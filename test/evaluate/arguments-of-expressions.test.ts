import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { createRun } from '../../src/system/run.js';
import { nixDirectory } from '../../src/system/nix-directory.js';

// Nix 2.3 hands a function with an ellipsis only what it names: what is not listed in command-line.nix would be lost there.
test('command-line.nix lists every argument of what it evaluates', async () => {
  const namesOf = (...files: readonly string[]): string =>
    files.map((file) => `builtins.attrNames (builtins.functionArgs (import ${join(nixDirectory, file)}))`).join(' ++ ');
  const expressions = namesOf('load-model.nix', 'evaluate.nix', 'apply-overrides.nix', 'id-requirements.nix');
  const { stdout } = await createRun(process.env)({
    file: 'nix-instantiate',
    args: [
      ...['--eval', '--strict', '--json', '-E'],
      `{ listed = ${namesOf('command-line.nix')}; wanted = ${expressions}; }`,
    ],
  });
  const { listed, wanted } = JSON.parse(stdout) as { listed: string[]; wanted: string[] };
  expect(new Set(listed)).toEqual(new Set([...wanted, 'file']));
});
