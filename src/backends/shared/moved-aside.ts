import { rename } from 'node:fs/promises';

/**
 * Moves a file away that somebody has put in the place of one of ours, to the same name with ".before-repair" behind it,
 * which no process manager looks at. One that was moved away before is replaced.
 *
 * @returns where it is now
 */
export const moveAside = async (path: string): Promise<string> => {
  const aside = `${path}.before-repair`;
  await rename(path, aside);
  return aside;
};
