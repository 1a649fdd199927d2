/**
 * @typedef {import('./measure.mjs').Cost} Cost
 *
 * @typedef {object} Row something to measure
 * @property {string} name
 * @property {(round: number) => Promise<Cost>} run gets a number that it has not seen before
 * @property {number} [rounds] how many of the rounds it takes part in, for what takes long. Default: all of them
 *
 * @typedef {object} Figure a number that is made of the costs of one round
 * @property {string} name
 * @property {(cost: (row: string) => Cost) => number} of
 * @property {string} [unit] Default: "×"
 * @property {number} [atMost] the target; or
 * @property {number} [atLeast]
 */

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);

/** @returns {{ median: number, low: number, high: number }} of at least one number */
export const spreadOf = (numbers) => {
  const inOrder = sorted(numbers);
  const middle = (inOrder.length - 1) / 2;
  return {
    median: (inOrder[Math.floor(middle)] + inOrder[Math.ceil(middle)]) / 2,
    low: inOrder[0],
    high: inOrder.at(-1),
  };
};

/**
 * Measures all rows in each round, so that whatever else the machine does meanwhile hits them alike. Every other round
 * goes backwards, unless each row needs the one before it. A first round, which fills caches, does not count; rows that
 * take part in few rounds only are left out of it.
 *
 * @param {{ rows: Row[], isOrdered?: boolean }} subset
 * @returns {Promise<ReadonlyMap<string, Cost>[]>} costs by row, for each round
 */
export const runRounds = async ({ rows, isOrdered = false }, rounds, onRow = () => {}) => {
  const results = [];
  for (let round = 0; round <= rounds; round++) {
    const costs = new Map();
    const taking = rows.filter((row) => (round === 0 ? row.rounds === undefined : round <= (row.rounds ?? rounds)));
    for (const row of isOrdered || round % 2 === 0 ? taking : taking.reverse()) {
      onRow(round, row.name);
      costs.set(row.name, await row.run(round));
    }
    if (round > 0) results.push(costs);
  }
  return results;
};

/** The figure in every round that has all of its rows. */
const valuesOf = ({ of }, rounds) =>
  rounds.flatMap((costs) => {
    let isComplete = true;
    const value = of((row) => {
      const cost = costs.get(row);
      isComplete &&= cost !== undefined;
      return cost ?? { wall: NaN, cpu: NaN, peak: NaN };
    });
    return isComplete ? [value] : [];
  });

/** The same rounds as if only processor time passed, which a busy machine changes less; what waits costs nothing then. */
const byProcessorTime = (rounds) =>
  rounds.map((costs) => new Map([...costs].map(([row, cost]) => [row, { ...cost, wall: cost.cpu }])));

/**
 * @param {Figure[]} figures
 * @param {ReadonlyMap<string, Cost>[]} rounds
 * @param {number} leniency what targets are multiplied with; 1 for none
 */
export const judge = (figures, rounds, leniency = 1) =>
  figures.map((figure) => {
    const { name, unit = '×', atMost, atLeast } = figure;
    const spread = spreadOf(valuesOf(figure, rounds));
    const target = atMost === undefined ? { atLeast: atLeast / leniency } : { atMost: atMost * leniency };
    const isMet = atMost === undefined ? spread.median >= target.atLeast : spread.median <= target.atMost;
    const cpu = spreadOf(valuesOf(figure, byProcessorTime(rounds))).median;
    return { name, unit, ...spread, cpu, ...target, isMet };
  });

/** Medians and spread of what each row cost. */
export const summarise = ({ rows }, rounds) =>
  rows.map(({ name }) => {
    const costs = rounds.flatMap((round) => round.get(name) ?? []);
    const of = (kind) => spreadOf(costs.map((cost) => cost[kind]));
    return { name, rounds: costs.length, wall: of('wall'), cpu: of('cpu'), peak: of('peak') };
  });
