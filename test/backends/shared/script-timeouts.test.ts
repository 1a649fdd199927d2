import { expect, test } from '@jest/globals';
import { scriptTimeouts } from '../../../src/backends/shared/script-timeouts.js';

test('what a unit says of its time-outs wins over what the user says, each for itself', () => {
  expect(scriptTimeouts({ stopTimeout: 30 }, { start: 5, stop: 6 })).toEqual({
    limits: { NIXPROC_START_TIMEOUT: '5', NIXPROC_STOP_TIMEOUT: '30' },
    patience: { start: 5, stop: 120, reload: 90, status: 90 },
  });
  expect(scriptTimeouts({ startTimeout: 0.5 }, { start: 5, stop: null })).toEqual({
    // A shell counts in whole seconds.
    limits: { NIXPROC_START_TIMEOUT: '1' },
    patience: { start: 0.5, stop: 90, reload: 90, status: 90 },
  });
});

test('where nobody says anything, scripts have limits of their own', () => {
  expect(scriptTimeouts({}, { start: null, stop: null })).toEqual({
    limits: {},
    patience: { start: 90, stop: 90, reload: 90, status: 90 },
  });
});
