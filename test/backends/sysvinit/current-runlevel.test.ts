import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { currentRunlevel } from '../../../src/backends/sysvinit/current-runlevel.js';
import type { RunRequest } from '../../../src/system/ports.js';
import { MissingProgramError } from '../../../src/system/run.js';

const aFile = [fileURLToPath(import.meta.url)];
const noFile = ['/nonexistent/utmp'];

/** A machine whose runlevel(8) prints `stdout`, or that has none. */
const machine = (stdout: string | null, env: Readonly<Record<string, string>> = {}) => {
  const asked: string[] = [];
  return {
    asked,
    context: {
      env,
      managerOptions: {},
      run: ({ file }: RunRequest) => {
        asked.push(file);
        return stdout === null
          ? Promise.reject(new MissingProgramError(file))
          : Promise.resolve({ exitCode: stdout === 'unknown\n' ? 1 : 0, stdout, stderr: '', timedOut: false });
      },
    },
  };
};

test.each([
  ['N 5\n', '5'],
  ['S 2\n', '2'],
  ['unknown\n', '3'],
  [null, '3'],
])('runlevel(8) is asked where init may have written it down: it says %j', async (stdout, expected) => {
  const { context, asked } = machine(stdout);
  expect(await currentRunlevel(context, aFile)).toBe(expected);
  expect(asked).toEqual(['runlevel']);
});

test('it is not asked where it can only say that it does not know', async () => {
  const { context, asked } = machine('N 5\n');
  expect(await currentRunlevel(context, noFile)).toBe('3');
  expect(asked).toEqual([]);
});

test('it is asked when its environment tells it', async () => {
  const { context } = machine('N 5\n', { RUNLEVEL: '5' });
  expect(await currentRunlevel(context, noFile)).toBe('5');
});

test('what the user chose counts, and has to be a runlevel', async () => {
  const { context, asked } = machine('N 5\n');
  expect(await currentRunlevel({ ...context, managerOptions: { runlevel: 'S' } }, aFile)).toBe('S');
  await expect(currentRunlevel({ ...context, managerOptions: { runlevel: '10' } }, aFile)).rejects.toThrow(
    'There is no runlevel "10"',
  );
  expect(asked).toEqual([]);
});
