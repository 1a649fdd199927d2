import { exitCodes } from '../system/errors.js';
import { errnoOf } from '../state/file-errors.js';

const isLost = (error: unknown): boolean => ['EPIPE', 'EIO'].includes(errnoOf(error) ?? '');

/**
 * Has `prepare` called with a standard stream before anybody else gets it. Node makes it when it is first asked for, which
 * takes a millisecond: that is left to whoever writes something.
 */
const whenMade = (name: 'stdout' | 'stderr', prepare: (stream: NodeJS.WriteStream) => void): void => {
  const property = Object.getOwnPropertyDescriptor(process, name);
  const make = property?.get?.bind(process);
  if (property === undefined || make === undefined) {
    prepare(process[name]);
    return;
  }
  let isPrepared = false;
  Object.defineProperty(process, name, {
    ...property,
    get: () => {
      const stream = make() as NodeJS.WriteStream;
      if (!isPrepared) {
        isPrepared = true;
        prepare(stream);
      }
      return stream;
    },
  });
};

/**
 * Lets the command go on when nobody reads what it says any more: the pipe is closed (EPIPE), or the terminal is gone
 * (EIO). A switch must not end for that, nor for a disk that is too full for its log. A result that could not be written
 * is a failure in the end.
 */
export const ignoreLostOutput = (): void => {
  whenMade('stderr', (stderr) => {
    stderr.on('error', () => undefined);
  });
  whenMade('stdout', (stdout) => {
    stdout.on('error', (error: Error) => {
      if (isLost(error)) return;
      process.stderr.write(`error: The output cannot be written\n       ${error.message}\n`);
      process.once('exit', () => {
        if ((process.exitCode ?? 0) === 0) process.exitCode = exitCodes.usage;
      });
    });
  });
};
