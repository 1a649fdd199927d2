import type { Manifest } from '../profile/manifest.js';
import { changedProperties } from './changed-properties.js';

const stateOf = ({ directories, forceDisableUserChange }: Manifest) => ({ ...directories, forceDisableUserChange });

/** In what a profile keeps its state elsewhere than another one, or has it made by others; a line each. */
export const movedState = (before: Manifest, after: Manifest): readonly string[] =>
  // What the layout of another tool's profile does not say was assumed.
  before.isForeign === true || after.isForeign === true ? [] : changedProperties(stateOf(before), stateOf(after));
