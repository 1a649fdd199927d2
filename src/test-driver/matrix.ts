import type { Result } from './outcome.js';

const marks = { passed: '✓', failed: '✗', 'not tried': '–' } as const;

const unique = (items: readonly string[]): readonly string[] => [...new Set(items)];

/** Rows of cells, the first of which is the heading: suites by profiles and managers. */
export const matrixOf = (results: readonly Result[]): readonly (readonly string[])[] => {
  const columnOf = ({ variant: { profile, manager } }: Result): string => `${profile}.${manager}`;
  const whole = results.filter(({ variant }) => variant.profile !== '');
  const columns = unique(whole.map(columnOf)).toSorted();
  const profiles = unique(columns.map((column) => column.split('.')[0] ?? ''));
  const suites = unique(results.map(({ variant }) => variant.suite));
  const marksOf = new Map(
    results.map((result) => [`${result.variant.suite}\0${columnOf(result)}`, marks[result.outcome.kind]] as const),
  );
  return [
    // The profile is said once for each block of managers.
    ['', ...columns.map((column, index) => firstOfBlock(columns, index, profiles, column))],
    ['SUITE', ...columns.map((column) => column.slice(column.indexOf('.') + 1))],
    ...suites.map((suite) => [
      suite,
      ...columns.map((column) => marksOf.get(`${suite}\0${column}`) ?? marksOf.get(`${suite}\0.`) ?? ''),
    ]),
  ];
};

const firstOfBlock = (
  columns: readonly string[],
  index: number,
  profiles: readonly string[],
  column: string,
): string => {
  const profileAt = (at: number): string | undefined => columns[at]?.split('.')[0];
  const profile = column.split('.')[0] ?? '';
  return profiles.includes(profile) && profileAt(index - 1) !== profile ? profile : '';
};

/** How many passed, failed and were not tried. */
export const countResults = (
  results: readonly Result[],
): { readonly passed: number; readonly failed: number; readonly notTried: number } => {
  const count = (kind: Result['outcome']['kind']): number =>
    results.filter(({ outcome }) => outcome.kind === kind).length;
  return { passed: count('passed'), failed: count('failed'), notTried: count('not tried') };
};

/** Why variants were not tried: each reason once, with the variants that it is about. */
export const reasonsNotTried = (
  results: readonly Result[],
): readonly { readonly reason: string; readonly variants: readonly string[] }[] => {
  const byReason = new Map<string, string[]>();
  for (const { variant, outcome } of results) {
    if (outcome.kind !== 'not tried') continue;
    byReason.set(outcome.reason, [...(byReason.get(outcome.reason) ?? []), variant.name]);
  }
  return [...byReason].map(([reason, variants]) => ({ reason, variants }));
};
