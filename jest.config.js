/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  // Its default, "soft", recurses without an end when something is set that a test file before had set, too.
  testEnvironmentOptions: { globalsCleanup: 'off' },
  // Milliseconds. What is slow on a busy machine is not wrong; what hangs is ended.
  testTimeout: 120_000,
  // Most tests wait for services: four at a time use a machine of two cores, where jest would run one.
  maxWorkers: 4,
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
  // The sources import each other as the compiled .js files, as Node's ESM loader wants it.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  setupFilesAfterEnv: ['<rootDir>/test/support/second-attempt.ts'],
  testSequencer: '<rootDir>/scripts/test/sequencer.mjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
};
