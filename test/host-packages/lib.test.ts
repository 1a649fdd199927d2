import { createRun } from '../../src/system/run.js';
import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { repository } from '../support/repository.js';

// All cases are evaluated at once, so that each costs nothing; a case is its actual and its expected value.
const { exitCode, stdout, stderr } = await createRun(process.env)({
  file: 'nix-instantiate',
  args: [
    ...['--eval', '--strict', '--json'],
    ...['--expr', `import ./test/host-packages/lib-cases.nix { lib = import ./nix/host-packages/lib; }`],
  ],
  cwd: repository,
});
if (exitCode !== 0) throw new Error(`${join(repository, 'test/host-packages/lib-cases.nix')}: ${stderr}`);
const cases = Object.entries(JSON.parse(stdout) as Record<string, [unknown, unknown]>);

test.each(cases)('lib: %s', (_name, [actual, expected]) => {
  expect(actual).toEqual(expected);
});
