/**
 * Whether a property list in XML can hold a text: XML 1.0 has no way to write most control characters, nor U+FFFE and
 * U+FFFF (https://www.w3.org/TR/xml/#charsets). Line feeds and tabs arrive as they are, carriage returns are escaped.
 */
export const fitsXml = (text: string): boolean => {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const fits =
      code === 0x9 ||
      code === 0xa ||
      code === 0xd ||
      (code >= 0x20 && code <= 0xd7ff) ||
      (code >= 0xe000 && code <= 0xfffd) ||
      code >= 0x10000;
    if (!fits) return false;
  }
  return true;
};
