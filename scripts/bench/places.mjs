import { readFileSync, statfsSync } from 'node:fs';

const disk = '/tmp';
const memory = '/dev/shm';
const neededBytes = 2 ** 30;

const isUsable = () => {
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .findLast(([, place]) => place === memory);
  const [, , type, options = ''] = mount ?? [];
  const { bavail, bsize } = statfsSync(memory);
  return type === 'tmpfs' && !options.split(',').includes('noexec') && bavail * bsize >= neededBytes;
};

/**
 * Where a benchmark's directory is made.
 *
 * @param {boolean} inMemory for what writes hundreds of files: on a disk they take as long as what others have written and
 *   deleted there makes them, which may be several times as long as all else. There may be no such place
 */
export const placeFor = (inMemory) => {
  try {
    return inMemory && isUsable() ? memory : disk;
  } catch {
    return disk;
  }
};
