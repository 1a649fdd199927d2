import { expect, test } from '@jest/globals';
import { searchPath } from '../../../src/backends/shared/search-path.js';

const instance = {
  tools: { sysvinit: '/s/sysvinit', shell: '/s/bash/bin/bash', gnused: '/s/sed', coreutils: '/s/cu' },
};
const process = { path: ['/s/php', '/s/sed'] };

test.each([
  ['packages-first', '/s/php/bin:/s/sed/bin:/s/cu/bin:/s/sysvinit/bin'],
  ['tools-first', '/s/cu/bin:/s/sed/bin:/s/sysvinit/bin:/s/php/bin'],
  ['packages-only', '/s/php/bin:/s/sed/bin'],
] as const)('%s: %s', (order, expected) => {
  expect(searchPath(instance, process, order)).toBe(expected);
});
