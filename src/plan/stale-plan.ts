import { toStableJson } from '../system/json.js';
import type { DocumentedStep, PlanDocument } from './plan-document.js';

/** What a step does, without its reasons, which may hold words of a manager that change with time. */
const describeStep = (step: DocumentedStep): string => {
  switch (step.kind) {
    case 'process':
      return `${step.action} ${step.instance} (${step.manager})`;
    case 'account':
      return `${step.action} ${step.subject}`;
    case 'manager':
      return `${step.action} ${step.manager}`;
    case 'directory':
    case 'profile':
    case 'boot':
      return `${step.action} ${step.path}`;
  }
};

const showGeneration = ({ basis: { generation, current } }: PlanDocument): string =>
  current === null ? 'none' : `${generation === null ? '' : `${generation}, `}${current.path}`;

/** Who starts will soon be up: the plan is the same. */
const statesOf = ({ basis: { states } }: PlanDocument): ReadonlyMap<string, string> =>
  new Map(
    states.map(({ instance, manager, state }) => [
      `${instance} (${manager})`,
      state === 'starting' ? 'running' : state,
    ]),
  );

/**
 * What has changed in the world since a plan was made, a line each; none when the plan is as right as it was. Pure.
 *
 * @param made the plan that somebody has seen
 * @param now the plan that the same command makes now
 */
export const differencesFrom = (made: PlanDocument, now: PlanDocument): readonly string[] => {
  const lines: string[] = [];
  const compare = (what: string, before: string, after: string): void => {
    if (before !== after) lines.push(`${what}: ${before} → ${after}`);
  };
  compare('profile', made.profile.path, now.profile.path);
  compare('manager', made.manager ?? 'none', now.manager ?? 'none');
  compare('options', toStableJson(made.options), toStableJson(now.options));
  compare('current generation', showGeneration(made), showGeneration(now));
  compare('unfinished switch', made.basis.unfinished ?? 'none', now.basis.unfinished ?? 'none');
  const [before, after] = [statesOf(made), statesOf(now)];
  for (const instance of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    compare(instance, before.get(instance) ?? 'unknown', after.get(instance) ?? 'unknown');
  }
  if (lines.length > 0) return lines;
  // Accounts and directories have no states of their own: what would be done about them tells what they are like.
  const [planned, needed] = [made.steps.map(describeStep), now.steps.map(describeStep)];
  const missing = needed.filter((step) => !planned.includes(step)).map((step) => `now needed: ${step}`);
  const needless = planned.filter((step) => !needed.includes(step)).map((step) => `no longer needed: ${step}`);
  if (missing.length + needless.length > 0) return [...missing, ...needless];
  return planned.join('\n') === needed.join('\n') ? [] : ['the steps have another order'];
};
