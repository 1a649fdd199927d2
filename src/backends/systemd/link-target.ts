import { lstatSync, readlinkSync } from 'node:fs';
import { errnoOf } from '../../state/file-errors.js';

/**
 * Where a link leads to; null for nothing there, "" for anything but a link. There may be hundreds of links, and for each of
 * them an asynchronous call takes ten times as long as the look itself.
 */
export const targetOf = (path: string): string | null => {
  try {
    // Of new units there is none yet, and an exception takes longer than another look.
    return lstatSync(path, { throwIfNoEntry: false }) === undefined ? null : readlinkSync(path);
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '') ? null : '';
  }
};
