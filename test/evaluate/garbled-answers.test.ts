import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { parseManagerName } from '../../src/backends/registry.js';
import { evaluateIdRequirements } from '../../src/evaluate/evaluate-id-requirements.js';
import { evaluateModel } from '../../src/evaluate/evaluate-model.js';
import type { EvaluationRequest } from '../../src/evaluate/evaluation-request.js';
import { readNixFile } from '../../src/evaluate/read-nix-file.js';
import type { Ports, RunResult } from '../../src/system/ports.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

let place: TemporaryDirectory;
let request: EvaluationRequest;
beforeAll(async () => {
  place = await makeTemporaryDirectory();
  const exprFile = join(place.path, 'processes.nix');
  await writeFile(exprFile, '{ }: { }');
  request = {
    exprFile,
    manager: parseManagerName('sysvinit'),
    settings: {},
    extraParams: null,
    includePaths: [],
    hostPackages: true,
    offline: true,
    showTrace: false,
  };
});
afterAll(() => place.remove());

/** Ports whose nix-instantiate answers so. */
const nixThatSays = (stdout: string, stderr = '', exitCode = 0): Ports => ({
  run: ({ file, args }): Promise<RunResult> => {
    const isAsked = file === 'nix-instantiate' && args.includes('--eval');
    return Promise.resolve({
      exitCode: isAsked ? exitCode : 0,
      stdout: isAsked ? stdout : '',
      stderr,
      timedOut: false,
    });
  },
  log: pino({ level: 'silent' }),
  env: {},
});

const readers: readonly (readonly [string, (ports: Ports) => Promise<unknown>])[] = [
  ['a model', (ports) => evaluateModel(request, ports)],
  ['IDs', (ports) => evaluateIdRequirements(request, 'requiresUniqueIdsFor', ports)],
];
const answers: readonly (readonly [string, string, string])[] = [
  ['nothing', '', 'It printed nothing'],
  ['half a document', '{"text":"{', 'It printed: {"text":"{'],
  ['words', 'hello', 'It printed: hello'],
  ['another document', '{"answer":42}', 'It printed: {"answer":42}'],
  ['null', 'null', 'It printed: null'],
  ['an envelope with nothing in it', '{"text":"","context":{},"storePaths":[]}', 'It printed: {"text":""'],
  ['too little of it', '{"text":"{\\"formatVersion\\":2}","context":{},"storePaths":[]}', 'It printed: {"text"'],
];

test.each(readers.flatMap(([what, read]) => answers.map((answer) => [what, ...answer, read] as const)))(
  'Nix that is asked for %s and prints %s has failed, with its own words',
  async (_, __, stdout, why, read) => {
    await expect(read(nixThatSays(stdout, 'warning: the moon is full\n'))).rejects.toMatchObject({
      exitCode: 3,
      why: expect.stringMatching(new RegExp(`^${why.replace(/[{}"[\]]/g, '\\$&')}[^]*the moon is full$`)),
    });
  },
);

test('so has one that is to read a file and prints nothing', async () => {
  await expect(readNixFile('/ids.nix', nixThatSays(''))).rejects.toMatchObject({ exitCode: 3 });
});

test('Nix that fails without a word is told as that', async () => {
  await expect(evaluateModel(request, nixThatSays('', '', 137))).rejects.toMatchObject({
    exitCode: 3,
    why: 'Nix failed without a word',
  });
});
