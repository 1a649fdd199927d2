import { expect } from '@jest/globals';
import { parsePlanDocument, type PlanDocument } from '../../src/plan/plan-document.js';
import type { RunResult } from '../../src/system/ports.js';
import type { Deployment } from './deployment.js';

/** What `plan --json` says. */
export const planOf = async (
  deployment: Pick<Deployment, 'succeed'>,
  ...args: readonly string[]
): Promise<PlanDocument> => {
  const { stdout } = await deployment.succeed('plan', '--json', ...args);
  return parsePlanDocument(stdout, 'stdout');
};

/** What a plan does to processes, as "start webapp1", in its order. */
export const processSteps = ({ steps }: PlanDocument): readonly string[] =>
  steps.flatMap((step) => (step.kind === 'process' ? [`${step.action} ${step.instance}`] : []));

const verbs: Readonly<Record<string, string>> = {
  stopping: 'stop',
  starting: 'start',
  restarting: 'restart',
  reloading: 'reload',
};

/** What a switch has done to processes by what it said: it does not say by which manager. */
export const performedSteps = (stderr: string): readonly string[] =>
  [...stderr.matchAll(/^(stopping|starting|restarting|reloading) (\S+) \(/gm)].map(
    ([, gerund = '', what = '']) => `${verbs[gerund] ?? gerund} ${what}`,
  );

/** What the plan that a command has shown (--confirm) does to processes, in the words of performedSteps. */
const shownSteps = (stderr: string): readonly string[] =>
  [...stderr.matchAll(/^(stop|start|restart|reload) +(\S+) \(\S+, level \d+\)$/gm)].map(
    ([, verb = '', what = '']) => `${verb} ${what}`,
  );

/** Whether a command carries out a plan. */
const deploys = ([command = '', action]: readonly string[]): boolean =>
  ['switch', 'rollback', 'undeploy', 'resume', 'abort'].includes(command) ||
  (command === 'generations' && action === 'switch');

/**
 * Runs a command of the tool. When it carries out a plan, it shows it first, and what it then does is exactly that: every
 * step to a process, in the same order.
 *
 * @param tool runs it
 */
export const runAsShown = async (tool: Deployment['tool'], ...args: readonly string[]): Promise<RunResult> => {
  if (!deploys(args)) return tool(...args);
  const result = await tool(...args, '--confirm', '--yes');
  if (result.exitCode === 0) expect(performedSteps(result.stderr)).toEqual(shownSteps(result.stderr));
  return result;
};

/**
 * Plans, then switches with the same arguments, and makes sure that what was done is what was planned: every step to a
 * process, in the same order.
 */
export const switchAsPlanned = async (
  deployment: Pick<Deployment, 'succeed'>,
  ...args: readonly string[]
): Promise<RunResult> => {
  const plan = await planOf(deployment, ...args);
  const result = await deployment.succeed('switch', ...args);
  expect(performedSteps(result.stderr)).toEqual(processSteps(plan));
  expect(result.stderr).toContain(plan.steps.length === 0 ? 'nothing to do' : 'done: ');
  return result;
};
