import { expect, test } from '@jest/globals';
import { closureDifference, packageOf, type StorePathInfo } from '../../src/plan/closure-difference.js';

/** A store path whose hash is made of one letter. */
const path = (letter: string, name: string): string => `/nix/store/${letter.repeat(32)}-${name}`;

const infosOf = (...infos: readonly Partial<StorePathInfo>[]): ReadonlyMap<string, StorePathInfo> =>
  new Map(
    infos.map(({ path: of = '', ...rest }) => [of, { path: of, size: 0, references: [], wasBuilt: true, ...rest }]),
  );

const [old, next] = [path('a', 'processes'), path('b', 'processes')];

test.each([
  ['nginx-1.24.0', { name: 'nginx', version: '1.24.0' }],
  ['openssl-3.0.1-bin', { name: 'openssl', version: '3.0.1' }],
  ['python3.11-requests-2.31.0', { name: 'python3.11-requests', version: '2.31.0' }],
  ['gcc-12.3.0-lib', { name: 'gcc', version: '12.3.0' }],
  ['glibc-2.37-45', { name: 'glibc', version: '2.37-45' }],
  ['webapp1-launch', { name: 'webapp1-launch', version: null }],
])('%s is a package and a version as Nix splits them', (name, expected) => {
  expect(packageOf(path('c', name))).toEqual(expected);
});

test('packages are added, removed, upgraded and rebuilt, with their versions and sizes', () => {
  const infos = infosOf(
    {
      path: old,
      size: 10,
      references: [path('c', 'nginx-1.9.0'), path('d', 'same-1.0'), path('e', 'gone-2.0'), path('f', 'php-8.1')],
    },
    {
      path: next,
      size: 12,
      references: [path('g', 'nginx-1.10.0'), path('d', 'same-1.0'), path('h', 'new-3.0'), path('i', 'php-8.1')],
    },
    { path: path('c', 'nginx-1.9.0'), size: 100 },
    { path: path('g', 'nginx-1.10.0'), size: 130 },
    { path: path('d', 'same-1.0'), size: 7 },
    { path: path('e', 'gone-2.0'), size: 20 },
    { path: path('h', 'new-3.0'), size: 30 },
    { path: path('f', 'php-8.1'), size: 50 },
    { path: path('i', 'php-8.1'), size: 51 },
  );
  expect(closureDifference(old, next, infos)).toEqual({
    sizeBefore: 187,
    sizeAfter: 230,
    packages: [
      { name: 'gone', change: 'removed', before: ['2.0'], after: [], sizeBefore: 20, sizeAfter: 0 },
      { name: 'new', change: 'added', before: [], after: ['3.0'], sizeBefore: 0, sizeAfter: 30 },
      { name: 'nginx', change: 'upgraded', before: ['1.9.0'], after: ['1.10.0'], sizeBefore: 100, sizeAfter: 130 },
      { name: 'php', change: 'rebuilt', before: ['8.1'], after: ['8.1'], sizeBefore: 50, sizeAfter: 51 },
    ],
    files: { added: 0, removed: 0 },
  });
});

test('what is only referred to indirectly counts, and references in circles come to an end', () => {
  const [one, other] = [path('c', 'one-1.0'), path('d', 'other-1.0')];
  const infos = infosOf(
    { path: next, references: [one] },
    { path: one, size: 1, references: [other, one] },
    { path: other, size: 2, references: [one] },
  );
  const { packages, sizeBefore, sizeAfter } = closureDifference(null, next, infos);
  expect(packages.map(({ name, change }) => `${name} ${change}`)).toEqual(['one added', 'other added']);
  expect({ sizeBefore, sizeAfter }).toEqual({ sizeBefore: 0, sizeAfter: 3 });
});

test('several versions of a package at once are told apart, in the order of people', () => {
  const infos = infosOf(
    { path: old, references: [path('c', 'lib-9.1'), path('d', 'lib-10.2')] },
    { path: next, references: [path('d', 'lib-10.2')] },
    { path: path('c', 'lib-9.1') },
    { path: path('d', 'lib-10.2') },
  );
  expect(closureDifference(old, next, infos).packages).toEqual([
    { name: 'lib', change: 'upgraded', before: ['9.1', '10.2'], after: ['10.2'], sizeBefore: 0, sizeAfter: 0 },
  ]);
});

test('texts that nothing built are counted, not listed', () => {
  const script = (letter: string): Partial<StorePathInfo> => ({ path: path(letter, 'start'), wasBuilt: false });
  const infos = infosOf(
    { path: old, references: [path('c', 'start')] },
    { path: next, references: [path('d', 'start'), path('e', 'start')] },
    script('c'),
    script('d'),
    script('e'),
  );
  expect(closureDifference(old, next, infos)).toMatchObject({ packages: [], files: { added: 2, removed: 1 } });
});

test('a profile does not differ from itself', () => {
  const infos = infosOf({ path: next, size: 5, references: [path('c', 'a-1')] }, { path: path('c', 'a-1'), size: 1 });
  expect(closureDifference(next, next, infos)).toEqual({
    sizeBefore: 6,
    sizeAfter: 6,
    packages: [],
    files: { added: 0, removed: 0 },
  });
});
