import { unitOf, type PlanStep } from '../plan/activation-plan.js';

const gerunds = { stop: 'stopping', start: 'starting', restart: 'restarting', reload: 'reloading' } as const;

/** How many changed properties a line names. */
const named = 3;

const reasonOf = ({ reasons, changed = [] }: PlanStep): string => {
  if (changed.length === 0) return reasons.join('; ');
  const more = changed.length - named;
  return `${changed.slice(0, named).join(', ')}${more > 0 ? ` and ${more} more` : ''} changed`;
};

/**
 * What is done to a process, and why, for the log: "restarting webapp2 (environment.MESSAGE changed)". What a property was and
 * is, `plan` tells.
 */
export const describeStep = (step: PlanStep): string =>
  `${gerunds[step.action]} ${unitOf(step).instance} (${reasonOf(step)})`;
