import { join } from 'node:path';
import { writeJsonAtomically } from '../state/atomic-file.js';
import { readRegularFile } from '../state/regular-file.js';
import type { Json } from '../system/json.js';
import * as z from '../system/schema.js';
import { deploymentRecordSchema, type DeploymentRecord, type DeploymentResult } from './deployment-record.js';
import type { ProfileLocation } from './profile-location.js';

/**
 * Every deployment of a profile that is still remembered, the newest at the end. It is kept beside the profile rather than
 * in the store: the same model gives the same profile, whoever deploys it and when.
 */
export type DeploymentLog = readonly DeploymentRecord[];

/** A generation as the log knows it: by its number and, since numbers come back after a deletion, by its profile. */
export interface NumberedProfile {
  readonly number: number;
  /** The profile in the store. */
  readonly profile: string;
}

/** What the log says of a generation. */
export interface GenerationHistory {
  /** The deployment that made it; null for one that another program made. */
  readonly made: DeploymentRecord | null;
  /** How its last activation ended; null when nothing is known of it. */
  readonly result: DeploymentResult | null;
}

/** How many deployments are remembered beside those that made a generation that still exists. */
const rememberedDeployments = 100;

const schema = z.array(deploymentRecordSchema);
const fileOf = ({ stateDirectory }: ProfileLocation): string => join(stateDirectory, 'deployments.json');

/** A log that cannot be read is an empty one: it only tells about generations, and decides nothing that runs. */
export const readDeploymentLog = (location: ProfileLocation): Promise<DeploymentLog> => {
  try {
    return Promise.resolve(schema.parse(JSON.parse(readRegularFile(fileOf(location)))));
  } catch {
    return Promise.resolve([]);
  }
};

/** @throws ActivationError when it cannot be written */
export const writeDeploymentLog = (location: ProfileLocation, log: DeploymentLog): Promise<void> =>
  // The records are plain data, which their interfaces do not say.
  writeJsonAtomically(fileOf(location), log as unknown as Json);

const concerns =
  ({ number, profile }: NumberedProfile) =>
  (record: DeploymentRecord): boolean =>
    record.profile === profile && (record.generation ?? number) === number;

/** What the log says of a generation. Pure. */
export const historyOf = (log: DeploymentLog, generation: NumberedProfile): GenerationHistory => {
  const some = log.filter(concerns(generation));
  return {
    // One that was killed after the profile had moved could not say any more that it had made it.
    made: some.findLast(({ made }) => made) ?? some.findLast(({ generation: number }) => number === null) ?? null,
    result: some.at(-1)?.result ?? null,
  };
};

/**
 * How well a generation ran, by the last activation that came to an end: one that was killed or interrupted says nothing
 * about it. Null when nothing is known. Pure.
 */
export const verdictOn = (log: DeploymentLog, generation: NumberedProfile): DeploymentResult | null => {
  const results = log.filter(concerns(generation)).map(({ result }) => result);
  return results.findLast((result) => result !== 'interrupted') ?? results.at(-1) ?? null;
};

/**
 * The log without what nobody needs: records of generations that do not exist any more, and old deployments that made
 * none. Pure.
 */
export const prunedLog = (log: DeploymentLog, existing: readonly NumberedProfile[]): DeploymentLog => {
  const needed = new Set(
    existing.flatMap((generation) => {
      const some = log.filter(concerns(generation));
      return [historyOf(log, generation).made, some.at(-1) ?? null];
    }),
  );
  const numbers = new Map(existing.map(({ number, profile }) => [number, profile]));
  const isGone = ({ generation, profile }: DeploymentRecord): boolean =>
    generation !== null && numbers.get(generation) !== profile;
  return log.filter(
    (record, index) => needed.has(record) || (!isGone(record) && index >= log.length - rememberedDeployments),
  );
};
