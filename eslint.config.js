import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'dist.*/', 'nix/renderer.mjs', 'node_modules/', 'coverage/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A template that holds a number is fine; one that holds an object is a bug.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportDeclaration[source.value=/system.schema\\.js$/] > ImportSpecifier',
          message:
            "Write: import * as z from '…/system/schema.js'. Of `{ z }` nothing can be left out of the bundle, which then loads slowly.",
        },
      ],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['zod', 'zod/*'],
              message:
                "Write: import * as z from '…/system/schema.js'. Schemas of zod itself take longer to make, and zod/mini has no messages.",
            },
          ],
        },
      ],
      // Port implementations are async by contract even where one of them has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    // A module has one job, and a function can be read at once. What grows is cut along what it does.
    files: ['src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 350 }],
      'max-lines-per-function': ['error', { max: 80 }],
      'max-params': ['error', { max: 5 }],
    },
  },
  {
    // Not cut yet.
    files: ['src/backends/systemd/installation.ts'],
    rules: { 'max-lines-per-function': ['error', { max: 200 }] },
  },
  { files: ['src/system/schema.ts'], rules: { 'no-restricted-imports': 'off' } },
  {
    files: ['**/*.mjs', '*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
);
