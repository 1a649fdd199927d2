import { join } from 'node:path';
import { changedProcess, lifeOfADeployment } from './life-of-a-deployment.mjs';

/** Tells a script that its caller looks whether the process stays up, as the tool does. */
const calledByUs = 'export NIXPROC_CALLER_WAITS=1 NIXPROC_CALLER_LOOKS=1';

/**
 * The rows of a manager whose services are scripts, which this program alone runs: there is no manager to compare it with,
 * but the same scripts, called by a shell one after the other.
 *
 * @param {object} bench see subsets/index.mjs
 * @param {object} how
 * @param {string} how.manager
 * @param {string} how.directory where a profile has the scripts
 * @param {number} how.jobs how many scripts a switch runs at once, in the rows of lifeOfADeployment
 */
export const scriptRows = async (bench, { manager, directory, jobs }) => {
  const { workshop, count } = bench;
  const profile = (await workshop.build(manager, { count })).stdout.trim();
  const loop = (activity) =>
    workshop.run(
      'sh',
      '-c',
      `${calledByUs}; for script in "$0"/*; do "$script" ${activity} || exit; done`,
      join(profile, directory),
    );
  const current = join(workshop.environment.NIX_USER_PROFILE_DIR, 'processes', directory, changedProcess);
  const life = await lifeOfADeployment(bench, {
    manager,
    profile,
    options: ['--jobs', String(jobs)],
    // As an operator does: the script itself looks whether the process stays up.
    restartOne: () => workshop.run('sh', '-c', '"$0" stop && "$0" start', current),
  });
  return {
    profile,
    rows: [
      { name: 'scripts in a shell loop, start', run: () => loop('start') },
      { name: 'scripts in a shell loop, stop', run: () => loop('stop') },
      { name: 'switch --jobs 1, all new', run: () => workshop.runTool('switch', '--jobs', '1', profile) },
      { name: 'undeploy --jobs 1', run: () => workshop.runTool('undeploy', '--jobs', '1') },
      ...life.rows,
    ],
    figures: [
      ...life.figures,
      {
        name: 'starts, one at a time / in a shell loop',
        of: (cost) => cost('switch --jobs 1, all new').wall / cost('scripts in a shell loop, start').wall,
        atMost: 1.5,
      },
    ],
  };
};
