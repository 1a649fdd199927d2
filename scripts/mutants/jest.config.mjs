// The unit tests that need neither Nix nor a process manager, for `npm run mutants -- sources`.
import base from '../../jest.config.js';

const { transform, ...rest } = base;
const [[pattern, [, options]]] = Object.entries(transform);

export default {
  ...rest,
  // A test that fails is not tried again.
  setupFilesAfterEnv: [],
  rootDir: '../..',
  transform: { [pattern]: ['<rootDir>/scripts/mutants/transform.mjs', options] },
  testMatch: ['plan', 'activate', 'credentials'].map((directory) => `<rootDir>/test/${directory}/**/*.test.ts`),
  testSequencer: '<rootDir>/scripts/mutants/sequencer.mjs',
  testTimeout: 20_000,
  bail: 1,
};
