/** A script, with what rcorder(8) reads in its comments. */
export interface OrderedScript {
  readonly name: string;
  readonly provides: readonly string[];
  readonly requires: readonly string[];
  readonly before: readonly string[];
}

const wordsAfter = (keyword: string, text: string): readonly string[] =>
  [...text.matchAll(new RegExp(`^# ${keyword}:(.*)$`, 'gm'))].flatMap(([, words = '']) =>
    words.split(/\s+/).filter((word) => word !== ''),
  );

/** Reads the comments of a script; rcorder(8) takes the singular and the plural of keywords. */
export const readOrder = (name: string, text: string): OrderedScript => ({
  name,
  provides: wordsAfter('PROVIDES?', text),
  requires: wordsAfter('REQUIRES?', text),
  before: wordsAfter('BEFORE', text),
});

/**
 * Sorts scripts as rcorder(8) does: each after those that provide what it requires; those that nothing orders, by name.
 * Requirements that nobody among them provides (DAEMON …) are the system's, and a circle is cut where it is entered.
 */
export const rcOrder = (scripts: readonly OrderedScript[]): readonly OrderedScript[] => {
  const sorted = [...scripts].sort((a, b) => (a.name < b.name ? -1 : 1));
  const providers = (condition: string): readonly OrderedScript[] =>
    sorted.filter(({ provides }) => provides.includes(condition));
  const predecessors = (script: OrderedScript): readonly OrderedScript[] => [
    ...script.requires.flatMap(providers),
    ...sorted.filter(({ before }) => before.some((condition) => script.provides.includes(condition))),
  ];
  const seen = new Set<OrderedScript>();
  const ordered: OrderedScript[] = [];
  const visit = (script: OrderedScript): void => {
    if (seen.has(script)) return;
    seen.add(script);
    for (const predecessor of predecessors(script)) visit(predecessor);
    ordered.push(script);
  };
  for (const script of sorted) visit(script);
  return ordered;
};
