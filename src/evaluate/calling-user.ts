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

/** The names of our user and group, or their numbers where they have no name. */
export const findCallingUser = async (run: Run): Promise<CallingUser> => {
  const [callingUser, callingGroup] = await Promise.all([ask(run, '-un'), ask(run, '-gn')]);
  return { callingUser, callingGroup };
};
