import { expect, test } from '@jest/globals';
import { parseNixFailure } from '../../src/evaluate/nix-failure.js';

const log = (message: object): string => `@nix ${JSON.stringify({ action: 'msg', level: 0, ...message })}\n`;

test('a structured message gives words and place', () => {
  const stderr =
    log({ level: 1, msg: 'warning: something else' }) +
    log({
      msg: "\u001b[31;1merror:\u001b[0m attribute 'x' missing\n\n       at /m/processes.nix:3:4:\n\n            2| {\n\n       … while evaluating 'f'\n\n       at /m/my files/f.nix:1:2:",
      raw_msg: "attribute '\u001b[35;1mx\u001b[0m' missing",
      file: '/m/processes.nix',
      line: 3,
      column: 4,
    }) +
    log({ msg: "(use '--show-trace' to show detailed location information)" });
  expect(parseNixFailure(stderr)).toMatchObject({
    message: "attribute 'x' missing",
    positions: [
      { file: '/m/processes.nix', line: 3, column: 4 },
      { file: '/m/processes.nix', line: 3, column: 4 },
      { file: '/m/my files/f.nix', line: 1, column: 2 },
    ],
    explanation: null,
  });
});

test('newer versions print the trace first and the failure last', () => {
  const msg =
    "error:\n       … while calling the 'map' builtin\n         at /m/outer.nix:9:1:\n\n       … while evaluating\n         at /m/inner.nix:2:3:\n\n       error: no way";
  expect(parseNixFailure(log({ msg }))).toMatchObject({
    message: 'no way',
    positions: [
      { file: '/m/inner.nix', line: 2, column: 3 },
      { file: '/m/outer.nix', line: 9, column: 1 },
    ],
  });
});

test('Nix 2.3 prints one line and no place of its own', () => {
  expect(
    parseNixFailure("warning: unknown setting\nerror: undefined variable 'foo' at /m/processes.nix:2:46\n"),
  ).toMatchObject({
    message: expect.stringMatching(/^undefined variable 'foo'/),
    positions: [{ file: '/m/processes.nix', line: 2, column: 46 }],
  });
});

test('what is written past the log is read as well', () => {
  expect(parseNixFailure('error: stack overflow (possible infinite recursion)\n').message).toBe(
    'stack overflow (possible infinite recursion)',
  );
});

test('our own explanations are taken out', () => {
  const explanation = {
    what: 'It is "wrong"',
    why: null,
    fix: 'Do it',
    position: { file: '/m/x.nix', line: 1, column: 2 },
  };
  const msg = `error: nix-processmgmt-ts explains: ${JSON.stringify(explanation)}\n\n       … while evaluating\n\n       at /ours/explain.nix:3:1:`;
  expect(parseNixFailure(log({ msg }))).toMatchObject({
    explanation: { what: 'It is "wrong"', fix: 'Do it' },
    positions: [{ file: '/m/x.nix', line: 1, column: 2 }, { file: '/ours/explain.nix' }],
  });
});
