import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { ReferenceScanner, StoreTexts } from '../../src/profile/store-texts.js';

const text = 'echo "grüße" 100% $HOME\n';

test('a text gets the very path that builtins.toFile gives, with and without references', () => {
  // Without --read-write-mode nothing is written: Nix only computes the paths.
  const paths = JSON.parse(
    execFileSync(
      'nix-instantiate',
      [
        ...['--eval', '--strict', '--json', '--argstr', 'text', text, '--expr'],
        '{ text }: let a = builtins.toFile "plain.sh" text; in { inherit a; b = builtins.toFile "refers.sh" "${a} ${text}"; }',
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    ),
  ) as { a: string; b: string };
  const storeDir = paths.a.slice(0, paths.a.lastIndexOf('/'));
  const texts = new StoreTexts(storeDir, new ReferenceScanner(storeDir, []));
  expect(texts.add('plain.sh', text)).toBe(paths.a);
  expect(texts.add('refers.sh', `${paths.a} ${text}`)).toBe(paths.b);
  expect(texts.all().map(({ references }) => references)).toEqual([[], [paths.a]]);
});

test('only store paths that are known count as references, also with a character behind them that names may have', () => {
  const known = '/nix/store/00000000000000000000000000000000-webapp';
  const scanner = new ReferenceScanner('/nix/store', [known]);
  expect(scanner.scan(`see ${known}. And /nix/store/11111111111111111111111111111111-other/bin`)).toEqual([known]);
});

test('a name that the store does not take is refused', () => {
  const texts = new StoreTexts('/nix/store', new ReferenceScanner('/nix/store', []));
  expect(() => texts.add('with space', 'x')).toThrow(RangeError);
  expect(() => texts.add('.hidden', 'x')).toThrow(RangeError);
  expect(() => texts.add('n'.repeat(212), 'x')).toThrow(RangeError);
});
