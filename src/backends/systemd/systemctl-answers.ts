import type { RunResult } from '../../system/ports.js';
import type { DeployedUnit } from '../backend.js';
import { unitsOf } from './activation-data.js';

/** What systemctl said to several calls; null for one that was not needed. */
export type Answers = readonly (RunResult | null)[];

/** What systemctl said about the units of one process among others; "" for nothing. */
export const wordsAbout = (unit: DeployedUnit, answers: Answers): string =>
  answers
    .flatMap((answer) => answer?.stderr.split('\n') ?? [])
    .filter((line) => unitsOf(unit).some((name) => line.includes(name)))
    .join('\n');
