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

test('Nix 2.26 has the place in the name of the file already', () => {
  const line = { msg: "error: attribute 'x' missing", raw_msg: "attribute 'x' missing", line: 5, column: 125 };
  expect(parseNixFailure(log({ ...line, file: '/m/a.nix:5:125' })).positions[0]).toEqual({
    ...{ file: '/m/a.nix', line: 5, column: 125 },
  });
});

test('Nix 2.34 says of what is imported and cannot be built what older ones say', () => {
  const msg =
    "\u001b[31;1merror:\u001b[0m\n       … while calling the '\u001b[35;1mimport\u001b[0m' builtin\n         \u001b[34;1mat \u001b[35;1m/m/a.nix:1:1\u001b[0m:\n\n       \u001b[31;1merror:\u001b[0m Cannot build '\u001b[35;1m/nix/store/b.drv\u001b[0m'.\n       Reason: \u001b[31;1mbuilder failed with exit code 3\u001b[0m.\n       Output paths:\n         \u001b[35;1m/nix/store/b\u001b[0m";
  const raw_msg =
    "Cannot build '\u001b[35;1m/nix/store/b.drv\u001b[0m'.\nReason: \u001b[31;1mbuilder failed with exit code 3\u001b[0m.\nOutput paths:\n  \u001b[35;1m/nix/store/b\u001b[0m";
  for (const line of [{ msg, raw_msg }, { msg }]) {
    expect(parseNixFailure(log(line))).toMatchObject({
      message: "builder for '/nix/store/b.drv' failed with exit code 3",
      positions: [{ file: '/m/a.nix', line: 1, column: 1 }],
    });
  }
});

test('what a builder has printed tells of a sandbox that hides the machine', () => {
  const stderr =
    `@nix ${JSON.stringify({ action: 'result', fields: ["error: executing '/bin/sh': No such file or directory"], id: 1, type: 101 })}\n` +
    log({ msg: "error: builder for '/nix/store/b.drv' failed with exit code 1" });
  expect(parseNixFailure(stderr).sandbox?.why).toContain('/bin/sh');
});

test('Nix 2.3 prints one line and no place of its own', () => {
  expect(
    parseNixFailure("warning: unknown setting\nerror: undefined variable 'foo' at /m/processes.nix:2:46\n"),
  ).toMatchObject({
    message: expect.stringMatching(/^undefined variable 'foo'/),
    positions: [{ file: '/m/processes.nix', line: 2, column: 46 }],
  });
});

test('Nix 2.3 prints its trace without a mark before the failure', () => {
  const stderr = `building '/nix/store/b.drv'...
error: while evaluating anonymous function at /ours/model-text.nix:3:1, called from /ours/evaluate.nix:12:10:
while evaluating 'f' at /m/my files/f.nix:2:3, called from undefined position:
while evaluating the property "process", at /m/processes.nix:11:56:
cannot coerce an integer to a string, at /ours/evaluation.nix:223:57
(use '--show-trace' to show detailed location information)
`;
  expect(parseNixFailure(stderr)).toMatchObject({
    message: 'cannot coerce an integer to a string',
    positions: [
      { file: '/ours/evaluation.nix', line: 223, column: 57 },
      { file: '/m/processes.nix', line: 11, column: 56 },
      { file: '/m/my files/f.nix', line: 2, column: 3 },
      { file: '/ours/evaluate.nix', line: 12, column: 10 },
      { file: '/ours/model-text.nix', line: 3, column: 1 },
    ],
  });
  expect(
    parseNixFailure(`error: program 'git' failed with exit code 128
(use '--show-trace' to show detailed location information)
`).message,
  ).toBe("program 'git' failed with exit code 128");
});

test('why Git fetched nothing is in no message of Nix, and told with it', () => {
  const git = "fatal: unable to access 'https://127.0.0.1:9/x.git/': Could not connect to server\n";
  const failure = log({ msg: "error: resolving Git reference 'master': revspec 'master' not found" });
  expect(parseNixFailure(`${git}fatal: Refusing to point HEAD outside of refs/\n${failure}`).message).toBe(
    "resolving Git reference 'master': revspec 'master' not found; it was told: unable to access 'https://127.0.0.1:9/x.git/': Could not connect to server",
  );
  expect(parseNixFailure(`${git}${log({ msg: 'error: no way' })}`).message).toBe('no way');
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
