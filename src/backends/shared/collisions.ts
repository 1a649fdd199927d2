import { ActivationError } from '../../system/errors.js';
import type { Collision, DeployedUnit } from '../backend.js';

/** Something of somebody else is where a unit has to go. */
export class CollisionError extends ActivationError {}

const caught = async (work: Promise<unknown>): Promise<CollisionError | null> => {
  try {
    await work;
    return null;
  } catch (error) {
    if (error instanceof CollisionError) return error;
    throw error;
  }
};

const toCollision = (instance: Collision['instance'], { message, why = '', fix = '' }: CollisionError): Collision => ({
  instance,
  what: message,
  why,
  fix,
});

/**
 * Finds out which units are in the way of something, from a check that refuses the first one by a CollisionError.
 *
 * @throws whatever else the check throws
 */
export const collisionsOf = async (
  units: readonly DeployedUnit[],
  check: (units: readonly DeployedUnit[]) => Promise<unknown>,
): Promise<readonly Collision[]> => {
  const first = await caught(check(units));
  if (first === null) return [];
  const found: Collision[] = [];
  for (const unit of units) {
    const error = await caught(check([unit]));
    if (error !== null) found.push(toCollision(unit.instance, error));
  }
  const [{ what } = { what: null }] = found;
  // What is wrong for the profile as a whole is wrong for each of its units.
  const isOfAll = found.length === units.length && units.length > 1 && found.every((other) => other.what === what);
  return found.length === 0 || isOfAll ? [toCollision(null, first)] : found;
};
