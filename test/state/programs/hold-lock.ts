// Takes the lock of a profile, says "held" and keeps it until stdin ends.
import { finished } from 'node:stream/promises';
import { withProfileLock } from '../../../src/state/profile-lock.js';
import { createRun } from '../../../src/system/run.js';

const [directory = ''] = process.argv.slice(2);
await withProfileLock(
  { directory, profileName: 'processes', run: createRun(process.env), command: 'switch', waitSeconds: 10 },
  async () => {
    console.log('held');
    await finished(process.stdin.resume());
  },
);
