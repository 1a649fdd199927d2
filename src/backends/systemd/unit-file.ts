/** One section of a unit file: the values of each property, a line for each. */
export type Section = Readonly<Record<string, readonly string[]>>;
export type Sections = Readonly<Record<string, Section>>;

/** Unit comes first and Install last, as people expect it; everything else is sorted. */
const rank = (section: string): number => (section === 'Unit' ? 0 : section === 'Install' ? 2 : 1);

const bySection = (a: string, b: string): number => rank(a) - rank(b) || (a < b ? -1 : 1);

const linesOf = (section: Section): string => {
  let lines = '';
  for (const property of Object.keys(section).sort()) {
    for (const value of section[property] ?? []) lines += `${property}=${value}\n`;
  }
  return lines;
};

/** The text of a unit file (systemd.syntax(7)); sections and properties without values are left out. */
export const unitFileText = (sections: Sections): string => {
  const texts: string[] = [];
  for (const name of Object.keys(sections).sort(bySection)) {
    const lines = linesOf(sections[name] ?? {});
    if (lines !== '') texts.push(`[${name}]\n${lines}`);
  }
  return texts.join('\n');
};
