import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Run } from '../system/ports.js';

/** Who called us, as models see it. */
export interface CallingUser {
  readonly callingUser: string;
  readonly callingGroup: string;
}

const ask = async (run: Run, option: '-un' | '-gn'): Promise<string> => {
  // For a number without a name, id prints the number and fails; the number is what there is to say then.
  const { stdout } = await run({ file: 'id', args: [option] });
  return stdout.trim();
};

const isItself = process.getuid?.() === process.geteuid?.() && process.getgid?.() === process.getegid?.();

/** What the system itself answers; null for a user without a name. */
const ownUser = (): string | null => {
  try {
    return isItself ? userInfo().username : null;
  } catch {
    return null;
  }
};

/** Node cannot ask the system for groups: only those of group(5) are found here. */
const ownGroup = (): string | null => {
  const gid = String(process.getegid?.());
  try {
    const lines = readFileSync('/etc/group', 'utf8').split('\n');
    return lines.find((line) => line.split(':')[2] === gid)?.split(':')[0] ?? null;
  } catch {
    return null;
  }
};

/** The names of our user and group, or their numbers where they have no name. id(1) is run for what cannot be told otherwise. */
export const findCallingUser = async (run: Run): Promise<CallingUser> => {
  const [callingUser, callingGroup] = await Promise.all([ownUser() ?? ask(run, '-un'), ownGroup() ?? ask(run, '-gn')]);
  return { callingUser, callingGroup };
};
