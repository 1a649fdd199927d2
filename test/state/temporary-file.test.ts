import { expect, test } from '@jest/globals';
import { writeTemporaryFile } from '../../src/state/temporary-file.js';

test('a full disk is named, since the system does not say which file it could not write', () => {
  expect(() => {
    writeTemporaryFile('/dev/full', 'text');
  }).toThrow(
    expect.objectContaining({
      exitCode: 6,
      message: 'The temporary file /dev/full cannot be written',
      why: 'No space is left on the device',
      fix: expect.stringContaining('TMPDIR'),
    }),
  );
});
