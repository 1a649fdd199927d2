import { join } from 'node:path';
import { writeJsonAtomically } from '../state/atomic-file.js';
import { readRegularFile } from '../state/regular-file.js';
import { ActivationError } from '../system/errors.js';
import * as z from '../system/schema.js';
import type { ProfileLocation } from './profile-location.js';

/** Numbers of the generations that are not deleted, ascending. */
export type Pins = readonly number[];

const schema = z.array(z.int().check(z.positive()));
const fileOf = ({ stateDirectory }: ProfileLocation): string => join(stateDirectory, 'pins.json');

/**
 * The pinned generations; none when there is no such file.
 *
 * @throws ActivationError when it cannot be read: what it protects must not be deleted then
 */
export const readPins = (location: ProfileLocation): Promise<Pins> => {
  const file = fileOf(location);
  try {
    return Promise.resolve(schema.parse(JSON.parse(readRegularFile(file))));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return Promise.resolve([]);
    throw new ActivationError(
      {
        what: `The list of pinned generations ${file} cannot be read`,
        why: cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause),
        fix: 'Correct it (a JSON list of numbers), or remove it to unpin every generation',
      },
      { cause },
    );
  }
};

/** @throws ActivationError when they cannot be written */
export const writePins = (location: ProfileLocation, pins: Pins): Promise<void> =>
  writeJsonAtomically(
    fileOf(location),
    [...new Set(pins)].sort((a, b) => a - b),
  );
