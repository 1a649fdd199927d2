import { shellQuote } from '../backends/shared/shell-quote.js';

export const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));
export const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** A program takes a limited number of bytes of arguments; 500 paths are far below what any kernel allows. */
export const chunks = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / 500) }, (_, index) => items.slice(index * 500, (index + 1) * 500));

/** A path of the profile, as a word of the builder. */
export const inOut = (path: string): string => `"$out"/${shellQuote(path)}`;
