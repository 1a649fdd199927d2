// Takes the lock of a profile several times. While it has the lock it makes a file that must not be there (so two holders
// at once are noticed) and adds one line to a file. With "die" it kills itself in the end, holding the lock.
// Arguments: directory, how often, "die" or "live".
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withProfileLock } from '../../../src/state/profile-lock.js';
import { createRun } from '../../../src/system/run.js';

const [directory = '', times = '1', end = 'live'] = process.argv.slice(2);
const inside = join(directory, 'inside');
for (let remaining = Number(times); remaining > 0; remaining -= 1) {
  await withProfileLock(
    { directory, profileName: 'processes', run: createRun(process.env), command: 'test', waitSeconds: 60 },
    async () => {
      writeFileSync(inside, String(process.pid), { flag: 'wx' });
      await delay(1);
      appendFileSync(join(directory, 'work'), `${process.pid}\n`);
      rmSync(inside);
      if (end === 'die' && remaining === 1) process.kill(process.pid, 'SIGKILL');
    },
  );
}
