import { expect, jest, test } from '@jest/globals';
import { readPlist } from '../../../src/backends/launchd/read-plist.js';

test('a text that is no property list is refused, without a word of the parser on stderr', () => {
  const error = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  const text = '<?xml version="1.0"?><plist version="1.0"><dict><key>a</key></d\u0019ct></plist>';
  expect(() => readPlist(text)).toThrow();
  expect(error).not.toHaveBeenCalled();
  // What is said afterwards is heard again.
  console.error('a');
  expect(error).toHaveBeenCalledWith('a');
  error.mockRestore();
});
