/**
 * What this program was compiled from, as a hash of all of its sources: two programs with the same one do the same. Null
 * when it runs from its sources.
 */
export const buildId: string | null = (globalThis as { NIXPROC_BUILD_ID?: string }).NIXPROC_BUILD_ID ?? null;
