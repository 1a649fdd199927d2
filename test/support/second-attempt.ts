// Tests of real process managers share a machine with whatever else runs there. Where the results decide on a change, a
// failure has to happen twice in a row to count; `npm test` names what passed only at the second attempt.
import { jest } from '@jest/globals';

if (process.env['CI'] !== undefined) jest.retryTimes(1, { logErrorsBeforeRetry: true, retryImmediately: true });
