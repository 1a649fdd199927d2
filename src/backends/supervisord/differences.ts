import { changedProperties } from '../../plan/changed-properties.js';
import type { JsonObject } from '../../system/json.js';
import type { DeployedUnit } from '../backend.js';
import { textIn } from '../shared/read-tree.js';
import { comparableProgram, programIn } from './read-layout.js';
import { programFile } from './render.js';

const programOf = async ({ profile, name }: DeployedUnit): Promise<JsonObject> => {
  const section = programIn((await textIn(profile, programFile(name))) ?? '', name);
  return section === null ? {} : comparableProgram(section);
};

/**
 * Compares the sections of programs, whoever wrote them. supervisord keeps a process running when its section becomes
 * another one; how it supervises and where output goes changes with the next start.
 */
export const differences = async (before: DeployedUnit, after: DeployedUnit): Promise<readonly string[]> =>
  changedProperties(await programOf(before), await programOf(after));
