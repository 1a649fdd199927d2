import { createHash } from 'node:crypto';
import type { Evaluation } from '../evaluate/evaluate-model.js';
import type { EvaluationRequest } from '../evaluate/evaluation-request.js';
import { buildId } from '../system/build-id.js';
import { toStableJson } from '../system/json.js';

/**
 * Stands for everything that a profile is made of: two builds with the same key give the same profile. Null for a program
 * that does not know what it was compiled from, as in tests.
 */
export const buildKey = (
  { stdout, notes }: Pick<Evaluation, 'stdout' | 'notes'>,
  { manager, settings }: EvaluationRequest,
): string | null =>
  buildId === null
    ? null
    : createHash('sha256')
        .update(toStableJson([buildId, process.platform, manager, { ...settings }, notes]))
        .update(stdout)
        .digest('hex');
