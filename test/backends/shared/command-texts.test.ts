import { expect, test } from '@jest/globals';
import { daemonProxyScript } from '../../../src/backends/shared/daemon-proxy.js';
import { cleanStartFunctions, inCommand, markFunctions } from '../../../src/backends/shared/process-functions.js';
import { createRun } from '../../../src/system/run.js';

test('of texts that differ in comments and empty lines alone, the same becomes part of a command', () => {
  expect(inCommand('# How.\n\nx=1\n    # Why.\n    y=2 # kept\n')).toBe(inCommand('x=1\n#\n    y=2 # kept\n\n'));
  expect(inCommand('x=1\n')).not.toBe(inCommand('x=2\n'));
});

test.each([
  ['the functions of a clean start', cleanStartFunctions],
  ['the functions of marks', markFunctions],
  ['the proxy of daemons', () => daemonProxyScript('/coreutils', null)],
])('%s explain nothing, and are a script all the same', async (_, textOf) => {
  const text = textOf();
  expect(text).not.toMatch(/^\s*#/m);
  const { exitCode, stderr } = await createRun(process.env)({ file: 'sh', args: ['-n'], input: text });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
});
