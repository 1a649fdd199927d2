const problems: readonly (readonly [RegExp, string])[] = [
  [/^$/, 'It is empty'],
  [/[^\x20-\x7e]/, 'supervisord reads names in the encoding of its locale: only printable ASCII characters are safe'],
  [/\s/, 'supervisord allows no space in a name (supervisor/datatypes.py, process_or_group_name)'],
  [/[:/]/, 'supervisord allows no ":" and no "/" in a name (supervisor/datatypes.py, process_or_group_name)'],
  [/%/, 'supervisord expands "%" in a name'],
  [/[[\]]/, 'Brackets delimit the section of the configuration file that the name stands in'],
  [/\*/, 'supervisord takes "*" for all processes of a group'],
  [/^\./, 'The name becomes a file name, and supervisord does not include hidden files'],
  // 255 bytes for ".NAME.conf" and room for what makes a temporary name unique.
  [/^.{201}/, 'The name becomes a file name, and has more than 200 characters'],
];

/** Why supervisord cannot take a name for a program, or null. The name is that of a section and of a file as well. */
export const programNameProblem = (name: string): string | null =>
  problems.find(([pattern]) => pattern.test(name))?.[1] ?? null;
