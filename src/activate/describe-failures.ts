import { unitOf } from '../plan/activation-plan.js';
import type { StepFailure } from './process-watch.js';

/** What failed, for people: a line for each, and the last lines of its log. */
export const describeFailures = (failures: readonly StepFailure[]): string =>
  failures
    .flatMap(({ step, detail, log }) => {
      const { instance } = unitOf(step);
      return [
        `${instance} did not ${step.action}${detail === null ? '' : `: ${detail}`}`,
        ...(log.length === 0 ? [] : [`the last lines of its log:`, ...log.map((line) => `  ${line}`)]),
      ];
    })
    .join('\n');
