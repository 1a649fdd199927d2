/** Says, in a file that a deployment wrote outside of its profile, which profile that is. */
const mark = /nix-processmgmt-ts owner ([A-Za-z0-9%._/~!*'()-]+)/;

/** A text without spaces, quotes or two dashes in a row, which any comment or string can hold. */
export const ownerMark = (profileLink: string): string =>
  `nix-processmgmt-ts owner ${encodeURI(profileLink).replaceAll('--', '-%2D')}`;

/** The link of the profile that wrote a file; null when none did. */
export const ownerOf = (text: string): string | null => {
  const found = mark.exec(text)?.[1];
  if (found === undefined) return null;
  try {
    return decodeURIComponent(found);
  } catch {
    return null;
  }
};
