import { expect, test } from '@jest/globals';
import { notBuilt } from '../../src/profile/build-profile.js';
import { exitCodes } from '../../src/system/errors.js';

test.each([
  ['', 'It printed no path'],
  ['/nix/store/x', 'There is no profile at /nix/store/x'],
])('a nix-build that has built nothing, and printed "%s", has failed', (path, why) => {
  expect(notBuilt(path)).toMatchObject({ exitCode: exitCodes.build, why });
});
