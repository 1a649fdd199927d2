import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import * as ours from '../../src/system/standard-streams.js';

test('it knows the standard streams as Node has them', () => {
  expect(ours.STANDARD_STREAMS).toHaveLength(3);
  expect(ours.STANDARD_STREAMS[1]).toBe(process.stdout);
  expect([process.stdin, process.stdout, process.stderr].map(ours.isStandardStream)).toEqual([true, true, true]);
  expect(ours.isStandardStream(new PassThrough() as { fd?: unknown })).toBe(false);
  expect(ours.isStandardStream({ fd: 1 })).toBe(false);
  expect([0, 2, 3].map(ours.getStreamName)).toEqual(['stdin', 'stderr', 'stdio[3]']);
});

test('it has all that it stands for in execa', async () => {
  const execa = dirname(createRequire(import.meta.url).resolve('execa'));
  const theirs = await readFile(join(execa, 'lib/utils/standard-stream.js'), 'utf8');
  const exported = [...theirs.matchAll(/^export const (\w+)/gm)].map(([, name]) => name);
  expect(Object.keys(ours).sort()).toEqual(exported.sort());
});
