import { constants } from 'node:os';

const signalName = (number: number): string | undefined =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0];

/** Why a container ended, from its exit code (docker-run(1), "Exit status"; 128 + N is signal N). */
export const describeExit = (exitCode: number, outOfMemory: boolean): string => {
  if (outOfMemory) return `it was killed since it used more memory than it may (exit code ${exitCode})`;
  switch (exitCode) {
    case 126:
      return 'its command could not be executed (exit code 126)';
    case 127:
      return 'its command was not found (exit code 127)';
    case 137:
      return 'it was killed (exit code 137, SIGKILL): it did not end in time when it was stopped, or somebody killed it';
    default: {
      const name = exitCode > 128 ? signalName(exitCode - 128) : undefined;
      return `it ended with exit code ${exitCode}${name === undefined ? '' : ` (${name})`}`;
    }
  }
};

/** Exit codes of a container that ended because it was told to. */
export const isOrderlyExit = (exitCode: number): boolean =>
  exitCode === 0 || exitCode === 128 + constants.signals.SIGTERM || exitCode === 128 + constants.signals.SIGINT;
