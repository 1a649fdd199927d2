import type { ProcessName } from '../../model/process-model.js';
import { isJsonObject, type Json, type JsonObject } from '../../system/json.js';
import type { LaidOutUnit, Layout } from '../backend.js';
import { filesIn } from '../shared/read-tree.js';
import type { Activation } from './activation-data.js';
import { defaultPrefix } from './job-name.js';
import { readPlist } from './read-plist.js';
import { cosmetic, jobDirectory, startsAtOnce } from './render.js';

/** The keys of a property list; null for what is none. Dates and data become text. */
const keysIn = (text: string): JsonObject | null => {
  try {
    const keys = JSON.parse(JSON.stringify(readPlist(text))) as Json;
    return isJsonObject(keys) ? keys : null;
  } catch {
    return null;
  }
};

const unitOf = (file: string, keys: JsonObject): LaidOutUnit => {
  const text = (key: string): string | null => {
    const value = keys[key];
    return typeof value === 'string' ? value : null;
  };
  const stem = file.slice(0, -'.plist'.length);
  const activation: Activation = {
    label: text('Label') ?? stem,
    plist: `${jobDirectory}/${file}`,
    user: text('UserName'),
    logFiles: [...new Set([text('StandardOutPath'), text('StandardErrorPath')])].flatMap((path) => path ?? []),
    startsAtOnce: startsAtOnce(keys),
  };
  return {
    name: (stem.startsWith(defaultPrefix) ? stem.slice(defaultPrefix.length) : stem) as ProcessName,
    // launchd knows of no order.
    dependencies: [],
    rank: null,
    properties: Object.fromEntries(Object.entries(keys).filter(([key]) => !cosmetic.has(key))),
    activation,
  };
};

/** The jobs in Library/LaunchDaemons. */
export const readLayout = async (root: string): Promise<Layout | null> => {
  const files = await filesIn(root, jobDirectory, /^[^.].*\.plist$/);
  const units = files.flatMap(({ name, text }) => {
    const keys = keysIn(text);
    return keys === null ? [] : [unitOf(name, keys)];
  });
  return units.length === 0 ? null : { units, data: {} };
};
