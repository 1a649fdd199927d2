import { constants } from 'node:os';

/**
 * How execa describes signals in messages that we do not show; the build puts it in the place of the package human-signals
 * (scripts/build.mjs), whose tables take a third as long to make as all of execa to load.
 */
export const signalsByName = Object.fromEntries(
  Object.keys(constants.signals).map((name) => [name, { description: name }]),
);
