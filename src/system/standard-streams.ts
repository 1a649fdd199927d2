/**
 * What execa knows of our own standard streams; the build puts it in the place of its lib/utils/standard-stream.js
 * (scripts/build.mjs). There all three are made when execa is loaded, though hardly any command is connected to them: it
 * takes Node two milliseconds, and stdin belongs to the commands that ask something.
 */
export const STANDARD_STREAMS_ALIASES = ['stdin', 'stdout', 'stderr'] as const;

export const STANDARD_STREAMS: readonly unknown[] = Object.defineProperties(
  [],
  Object.fromEntries(
    STANDARD_STREAMS_ALIASES.map((name, index) => [index, { enumerable: true, get: (): unknown => process[name] }]),
  ),
);

/** Node gives each of them its file descriptor. */
export const isStandardStream = (stream: { readonly fd?: unknown }): boolean =>
  typeof stream.fd === 'number' && STANDARD_STREAMS[stream.fd] === stream;

export const getStreamName = (fdNumber: number): string => STANDARD_STREAMS_ALIASES[fdNumber] ?? `stdio[${fdNumber}]`;
