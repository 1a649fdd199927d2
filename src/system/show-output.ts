import { Transform, type Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { visibleText } from './visible-text.js';

/** Shows what a command prints, as it comes: a terminal obeys nothing of it. */
export const showOutput = (from: Readable | null, to: NodeJS.WritableStream): void => {
  const decoder = new StringDecoder('utf8');
  const visible = new Transform({
    transform: (chunk: Buffer, _, done) => {
      done(null, visibleText(decoder.write(chunk)));
    },
    flush: (done) => {
      done(null, visibleText(decoder.end()));
    },
  });
  from?.pipe(visible).pipe(to, { end: false });
};
