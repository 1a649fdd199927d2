import { fileURLToPath } from 'node:url';

/** The checkout that is being tested. */
export const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
