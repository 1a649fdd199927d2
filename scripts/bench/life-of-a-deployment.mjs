import { inTurn } from './measure.mjs';

const touched = /^(?:starting|stopping|restarting|reloading) /gm;

/** The process that differs where a row of the benchmark says "one changed". */
export const changedProcess = 'webapp1';

/** @throws {Error} when a switch has not touched as many processes as it should */
const expectTouched = (count, { stderr }) => {
  const actual = stderr.match(touched)?.length ?? 0;
  if (actual !== count) throw new Error(`the switch touched ${actual} processes rather than ${count}:\n${stderr}`);
};

/**
 * The rows of a deployment's life under a manager, from nothing to nothing, each needing the one before it; and the figures
 * that are the same for every manager.
 *
 * @param {object} bench see subsets/index.mjs
 * @param {object} how
 * @param {string} how.manager
 * @param {readonly string[]} [how.enter] argv that stands before every command. Default: nothing
 * @param {readonly string[]} [how.options] further options of commands that start or stop something
 * @param {string} how.profile what `build` made of the model
 * @param {() => Promise<import('./measure.mjs').Cost>} [how.query] the manager's own query for all processes. Default:
 *   there is no manager to ask
 * @param {() => Promise<import('./measure.mjs').Cost>} how.restartOne how the manager itself restarts `changedProcess`
 */
export const lifeOfADeployment = async (
  { workshop, count },
  { manager, enter = [], options = [], profile, query, restartOne },
) => {
  const { run, tool, modelOptions, evaluationOf } = workshop;
  const runTool = (...args) => run(...enter, ...tool, ...args);
  const evaluation = await evaluationOf(manager, { count });
  const switchTo = async (touches, ...args) => {
    const cost = await runTool('switch', ...options, ...args);
    expectTouched(touches, cost);
    return cost;
  };
  return {
    rows: [
      { name: 'switch, all new', run: () => switchTo(count, profile) },
      {
        name: 'switch, nothing changed',
        run: async () => {
          // The profile was deployed without its model: which one it is of is only known after the first time.
          await switchTo(0, ...modelOptions(manager, { count }));
          return switchTo(0, ...modelOptions(manager, { count }));
        },
      },
      {
        name: 'evaluation, node -e 0, query',
        run: async () =>
          inTurn([
            await run(...enter, ...evaluation),
            await run(...enter, process.execPath, '-e', '0'),
            ...(query === undefined ? [] : [await query()]),
          ]),
      },
      {
        name: 'switch, one changed',
        run: (round) => switchTo(1, ...modelOptions(manager, { count, change: `changed-${round}` })),
      },
      {
        name: 'build of one changed, own restart of it',
        run: async (round) =>
          inTurn([
            await runTool('build', '--no-out-link', ...modelOptions(manager, { count, change: `built-${round}` })),
            await restartOne(),
          ]),
      },
      { name: 'undeploy', run: () => runTool('undeploy', ...options) },
    ],
    figures: [
      {
        name: 'nothing changed / evaluation, node, query',
        of: (cost) => cost('switch, nothing changed').wall / cost('evaluation, node -e 0, query').wall,
        atMost: 1.8,
      },
      {
        name: 'one changed / its build, own restart',
        of: (cost) => cost('switch, one changed').wall / cost('build of one changed, own restart of it').wall,
        atMost: 1.3,
      },
    ],
  };
};
