/**
 * How yargs checks the types of what its functions are called with, on each call, by a description that it reads each time.
 * We call them, and the compiler has checked it; the build puts this in the place of its lib/argsert.js (scripts/build.mjs).
 */
export const argsert = (): void => undefined;
