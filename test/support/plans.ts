import { parsePlanDocument, type PlanDocument } from '../../src/plan/plan-document.js';
import type { Deployment } from './deployment.js';

/** What `plan --json` says. */
export const planOf = async (deployment: Deployment, ...args: readonly string[]): Promise<PlanDocument> => {
  const { stdout } = await deployment.succeed('plan', '--json', ...args);
  return parsePlanDocument(stdout, 'stdout');
};

/** What a plan does to processes, as "start webapp1 (sysvinit)", in its order. */
export const processSteps = ({ steps }: PlanDocument): readonly string[] =>
  steps.flatMap((step) => (step.kind === 'process' ? [`${step.action} ${step.instance} (${step.manager})`] : []));

const verbs: Readonly<Record<string, string>> = {
  stopping: 'stop',
  starting: 'start',
  restarting: 'restart',
  reloading: 'reload',
};

/** What a switch has done to processes by what it said, in the same words. */
export const performedSteps = (stderr: string): readonly string[] =>
  [...stderr.matchAll(/^(stopping|starting|restarting|reloading) (\S+ \(\S+\)): /gm)].map(
    ([, gerund = '', what = '']) => `${verbs[gerund] ?? gerund} ${what}`,
  );
