/** Lines with four spaces before each for every level of depth. */
export const indent = (lines: readonly string[], depth = 1): string =>
  lines.map((line) => `${'    '.repeat(depth)}${line}`).join('\n');

/** A text in one line, as a comment may hold it. */
export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
