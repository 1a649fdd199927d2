import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeTextAtomically } from '../../state/atomic-file.js';
import { stateRoot } from '../../state/profile-lock.js';

/*
 * Which engine has the containers of a profile, in the profile's state directory: where none is left, as after a move that was
 * killed, nothing else tells it. Written before the first container is made, and kept.
 */

const fileOf = (link: string): string => join(dirname(link), stateRoot, basename(link), 'container-engine');

/**
 * @param link the profile's link
 * @returns the name of its program ("podman"); null when none was used yet
 */
export const rememberedEngine = (link: string): string | null => {
  try {
    return readFileSync(fileOf(link), 'utf8').trim() || null;
  } catch {
    return null;
  }
};

/** @throws ActivationError when it cannot be written */
export const rememberEngine = async (link: string, program: string): Promise<void> => {
  if (rememberedEngine(link) === basename(program)) return;
  await mkdir(dirname(fileOf(link)), { recursive: true });
  await writeTextAtomically(fileOf(link), `${basename(program)}\n`);
};
