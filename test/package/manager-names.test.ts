import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from '@jest/globals';
import { managerNames } from '../../src/backends/registry.js';
import { repository } from '../support/repository.js';

/*
 * What is particular to a process manager is in its folder; one line of the registry leads there. Whoever adds a manager, or
 * changes one, touches nothing else.
 */

const backends = join(repository, 'src', 'backends');
const isOwnFolder = (file: string): boolean =>
  managerNames.some((name) => file.startsWith(`${relative(repository, join(backends, name))}/`));

/** Where names stand for something else than a manager of ours. */
const others: Readonly<Record<string, string>> = {
  'src/backends/registry.ts': 'the registry',
  'src/backends/shared/search-path.ts': 'packages of Nix, of which one is called as a manager is',
  'src/backends/shared/process-functions.ts': 'a shell file about scopes of the init of the machine',
  'src/cli/code-cache/sample-evaluation.ts': 'packages of Nix',
  'src/cli/code-cache/stand-ins.ts': 'programs that stand in while compiled code is collected',
  'src/evaluate/blame-surroundings.ts': "the name of Debian's package for Nix' daemon",
};

/** Lines of code that have a name; comments and examples may say what they like. */
const linesWithNames = (text: string): readonly string[] => {
  const name = new RegExp(`\\b(?:${managerNames.join('|')}|podman)\\b`, 'i');
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/\.example\([\s\S]*?\),?\n/g, '\n')
    .split('\n')
    .filter((line) => name.test(line) && !/^\s*\/\/|for example|such as|where \w+ is'/.test(line));
};

test('managers are named in their folders and in the registry alone', () => {
  const sources = ['src', 'scripts/build.mjs', 'scripts/program-parts.mjs']
    .flatMap((path) =>
      path.endsWith('.mjs')
        ? [path]
        : readdirSync(join(repository, path), { recursive: true, encoding: 'utf8' }).map((name) => join(path, name)),
    )
    .filter((file) => /\.(?:ts|mjs)$/.test(file) && !isOwnFolder(file) && !(file in others));
  expect(sources.length).toBeGreaterThan(200);
  const found = sources.flatMap((file) =>
    linesWithNames(readFileSync(join(repository, file), 'utf8')).map((line) => `${file}: ${line.trim()}`),
  );
  expect(found).toEqual([]);
});
