import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * What is written while a switch is at work, and when everything runs: more of the journal, the generation's link, the
 * history. A disk that has no room for that must be found out before anything is done, and what else fills it meanwhile
 * must not make the switch fail.
 */

/** As many files as are made when the profile is updated. */
const files = ['journal.room-1', 'journal.room-2', 'journal.room-3', 'journal.room-4'] as const;
/** In bytes, of each file. */
const size = 16_384;

/** Takes up room in a directory, in blocks and in files. @throws the error of the file system that has none left */
export const reserveRoom = (directory: string): void => {
  // No file system makes less of it.
  const content = randomBytes(size);
  for (const name of files) writeFileSync(join(directory, name), content);
};

/** Gives the room back, if it is taken. */
export const releaseRoom = (directory: string): void => {
  for (const name of files) rmSync(join(directory, name), { force: true });
};
