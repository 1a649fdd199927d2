import { unitOf } from '../plan/activation-plan.js';
import type { StepFailure } from './process-watch.js';

/** What failed, for people: a line for each; what else there is to say of it, and the last lines of its log, are indented. */
export const describeFailures = (failures: readonly StepFailure[]): string =>
  failures
    .flatMap(({ step, detail, log }) => {
      const { instance } = unitOf(step);
      return [
        `${instance} did not ${step.action}${detail === null ? '' : `: ${detail.replaceAll('\n', '\n  ')}`}`,
        ...(log.length === 0 ? [] : [`the last lines of its log:`, ...log.map((line) => `  ${line}`)]),
      ];
    })
    .join('\n');
