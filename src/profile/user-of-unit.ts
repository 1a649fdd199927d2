import type { ManifestUnit } from './manifest.js';

/** Whom a process runs as, as far as its manifest says; null for whoever starts it, or when it is not known. */
export const userOfUnit = ({ properties, user }: Pick<ManifestUnit, 'properties' | 'user'>): string | null =>
  typeof properties['user'] === 'string' ? properties['user'] : (user ?? null);
