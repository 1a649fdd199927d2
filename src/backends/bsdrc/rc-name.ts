import { nameProblem as scriptNameProblem } from '../shared/script-name.js';

/**
 * What rc.subr(8) calls a service: the beginning of shell variables and functions, and the name of its file in rc.conf.d.
 * Whatever a variable's name cannot hold becomes "_".
 */
export const rcName = (name: string): string => name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=[0-9])/, '_');

/** Endings by which rc.subr(8) takes a file for a backup copy or a script of old, and does not run it. */
const ignoredEnding = /(?:\.sh|\.OLD|\.bak|\.orig|\.sample|\.pkgsave|,v)$/;

/** What is wrong with the name of an rc.d script, or null. */
export const nameProblem = (name: string): string | null => {
  const problem = scriptNameProblem(name);
  if (problem !== null) return problem;
  return ignoredEnding.test(name) ? 'rc(8) ignores scripts whose names end like this' : null;
};
