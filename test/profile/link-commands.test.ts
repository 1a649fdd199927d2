import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { linkCommands } from '../../src/profile/link-commands.js';

const link = (path: string, target: string) => ({ kind: 'link' as const, path, target });

const makeIn = (out: string, commands: readonly string[]): void => {
  execFileSync('/bin/sh', ['-e'], {
    input: commands.join('\n'),
    env: { PATH: process.env['PATH'], out },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
};

test('links are made as they should be, with few programs for links that are alike', () => {
  const names = Array.from({ length: 600 }, (_, n) => `web app${n}`);
  const links = [
    ...names.flatMap((name) => [2, 3, 4, 5].map((level) => link(`rc${level}.d/S01${name}`, `../init.d/${name}`))),
    ...names.map((name) => link(`wants/${name}`, `../${name}`)),
    link('rc2.d/other', '../init.d/web app0'),
  ];
  const commands = linkCommands(links);
  // One each for the first runlevel, then a few for hundreds.
  expect(commands.filter((command) => command.startsWith('ln -s -- '))).toHaveLength(601);
  expect(commands.length).toBeLessThan(640);

  const out = mkdtempSync(join(tmpdir(), 'nixproc-links-'));
  try {
    for (const { path } of links) mkdirSync(join(out, dirname(path)), { recursive: true });
    makeIn(out, commands);
    expect(links.map(({ path }) => readlinkSync(join(out, path)))).toEqual(links.map(({ target }) => target));
  } finally {
    rmSync(out, { recursive: true });
  }
});

test('one link among many that cannot be made makes the builder fail', () => {
  const links = Array.from({ length: 100 }, (_, n) => link(`rc2.d/S01app${n}`, `../init.d/app${n}`));
  const out = mkdtempSync(join(tmpdir(), 'nixproc-links-'));
  try {
    mkdirSync(join(out, 'rc2.d/S01app3'), { recursive: true });
    writeFileSync(join(out, 'rc2.d/S01app3/app3'), 'in the way');
    expect(() => {
      makeIn(out, linkCommands(links));
    }).toThrow('Command failed');
  } finally {
    rmSync(out, { recursive: true });
  }
});
