import { expect, test } from '@jest/globals';
import { runEvaluation } from '../../src/evaluate/run-evaluation.js';
import type { RunResult } from '../../src/system/ports.js';

const success: RunResult = { exitCode: 0, stdout: '1', stderr: '', timedOut: false };
const failure = (stderr: string): RunResult => ({ exitCode: 1, stdout: '', stderr, timedOut: false });

/** Evaluates with a Nix that answers so, and says what it was asked. */
const evaluateWith = async (answer: (args: readonly string[]) => RunResult) => {
  const asked: (readonly string[])[] = [];
  const result = await runEvaluation(['-E', '1'], {
    run: async ({ args }) => {
      asked.push(args);
      return answer(args);
    },
  });
  return { result, asked };
};

const strict = ['--eval', '--strict', '--json'];
const structured = [...strict, '--log-format', 'internal-json', '-E', '1'];

test('Nix is asked for structured messages', async () => {
  expect(await evaluateWith(() => success)).toEqual({ result: success, asked: [structured] });
});

test('Nix 2.3, which refuses the option, is asked without', async () => {
  const refusal = failure(
    "error: unrecognised flag '--log-format'\nTry 'nix-instantiate --help' for more information.\n",
  );
  expect(await evaluateWith((args) => (args.includes('--log-format') ? refusal : success))).toEqual({
    result: success,
    asked: [structured, [...strict, '-E', '1']],
  });
});

test('a failure of the expression is not tried again', async () => {
  const failed = failure('error: no way\n');
  expect(await evaluateWith(() => failed)).toEqual({ result: failed, asked: [structured] });
});
