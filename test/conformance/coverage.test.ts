import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { managerNames } from '../../src/backends/registry.js';
import { fixtureNames } from '../support/deployment.js';
import { repository } from '../support/repository.js';

const testsIn = (directory: string): readonly string[] => {
  const path = join(repository, 'test', directory);
  return existsSync(path) ? readdirSync(path).filter((entry) => entry.endsWith('.test.ts')) : [];
};

describe.each(managerNames)('%s', (manager) => {
  test('has tests of its own, a page for its users, and golden profiles of every model', () => {
    expect(testsIn(join('backends', manager))).not.toEqual([]);
    expect(existsSync(join(repository, 'docs', 'managers', `${manager}.md`))).toBe(true);
    for (const fixture of fixtureNames) {
      for (const mode of ['privileged', 'unprivileged']) {
        expect(existsSync(join(repository, 'fixtures', 'golden', fixture, `${manager}-${mode}.txt`))).toBe(true);
      }
    }
  });

  test('is named in the README', () => {
    expect(readFileSync(join(repository, 'README.md'), 'utf8')).toContain(`docs/managers/${manager}.md`);
  });
});
