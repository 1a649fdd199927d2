import { createHash } from 'node:crypto';
import { toStableJson, type JsonObject } from '../system/json.js';

/** The hash by which two definitions of a process are told to be the same. */
export const fingerprintOf = (properties: JsonObject): string =>
  createHash('sha256').update(toStableJson(properties)).digest('hex');
