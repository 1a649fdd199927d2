import { writeSync } from 'node:fs';
import { ignoreLostOutput } from './lost-output.js';

/** Writes to stdout without Node's streams, which take a tenth of its start to load, where they are not needed. */
export const printAtOnce = (text: string): void => {
  let rest = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(1, rest));
  } catch {
    // Who reads it is slow or gone, or the disk is full: the stream meets that again, and knows what to do.
    ignoreLostOutput();
    process.stdout.write(rest);
  }
};
