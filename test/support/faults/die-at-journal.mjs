// Loaded into the tool before it runs (NODE_OPTIONS=--import): ends it by SIGKILL when it writes to its journal for the
// N-th time. DIE_AT is "before:N" or "after:N"; what it has written is copied to the file JOURNAL_COPY.
import { appendFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';

const [when, number] = (process.env.DIE_AT ?? 'never:0').split(':');
const handle = await open('/dev/null');
const prototype = Object.getPrototypeOf(handle);
await handle.close();

const die = () => {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
};

// Nothing but the journal is written by appending to an open file.
const append = prototype.appendFile;
let count = 0;
writeFileSync(process.env.JOURNAL_COPY, '');
prototype.appendFile = async function (...args) {
  count += 1;
  if (when === 'before' && count === Number(number)) await die();
  await append.apply(this, args);
  appendFileSync(process.env.JOURNAL_COPY, args[0]);
  if (when === 'after' && count === Number(number)) await die();
};
