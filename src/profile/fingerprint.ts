import { hash } from 'node:crypto';
import { toStableJson, type JsonObject } from '../system/json.js';

/** The hash by which two definitions of a process are told to be the same. */
export const fingerprintOf = (properties: JsonObject): string => hash('sha256', toStableJson(properties));
