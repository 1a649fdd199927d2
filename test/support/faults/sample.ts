/** Random numbers from 0 to 1 that a seed brings back (mulberry32). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
};

/** The seed of this run: FAULTS_SEED, or any; in CI always the same one, so that a change is blamed for its own faults. */
export const seed = Number(
  process.env['FAULTS_SEED'] ?? (process.env['CI'] === undefined ? Math.floor(Math.random() * 1_000_000) : 1),
);

export const oneOf = <Item>(items: readonly Item[], random: () => number): Item => {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to choose from');
  return item;
};
