import { ActivationError } from '../../system/errors.js';
import type { RunResult } from '../../system/ports.js';

/** How a run of s6-rc-update ended, which decides what has to be done to go back. */
export type UpdateVerdict =
  | 'done'
  /** The new database is live, but some services did not change as they should. */
  | 'switched-with-failures'
  /** Nothing was done. */
  | 'refused'
  /** The format of a database is that of another version of s6-rc; nothing was done. */
  | 'invalid-database'
  /** Services were stopped, but the old database is still live. */
  | 'not-switched';

/** https://skarnet.org/software/s6-rc/s6-rc-update.html, "Exit codes". */
export const updateVerdict = (exitCode: number): UpdateVerdict => {
  switch (exitCode) {
    case 0:
      return 'done';
    case 1:
    case 2:
      return 'switched-with-failures';
    case 4:
      return 'invalid-database';
    case 9:
    case 10:
      return 'not-switched';
    default:
      // 3, 5 and 6 are about a conversion file, of which there is none; 100 and 111 end it before it does anything.
      return 'refused';
  }
};

const timedOut = (exitCode: number): boolean => exitCode === 2 || exitCode === 10;

/** Says what state a failed s6-rc-update left behind. */
export const updateError = (
  verdict: Exclude<UpdateVerdict, 'done'>,
  exitCode: number,
  said: string,
): ActivationError => {
  const why = said.trim() === '' ? `s6-rc-update ended with exit code ${exitCode}` : said.trim();
  switch (verdict) {
    case 'switched-with-failures':
      return new ActivationError({
        what: timedOut(exitCode)
          ? 'The new services are in place, but s6-rc took too long to bring all of them where they were'
          : 'The new services are in place, but s6-rc could not bring all of them where they were',
        why,
        fix: 'Look at the logs of the services that are named',
      });
    case 'not-switched':
      return new ActivationError({
        what: timedOut(exitCode)
          ? 'The old services are still in place: s6-rc took too long to stop some of them'
          : 'The old services are still in place: s6-rc could not stop some of them',
        why,
        fix: 'Look at the logs of the services that are named; they may need a timeoutKill',
      });
    case 'invalid-database':
      return new ActivationError({
        what: 's6-rc cannot read a compiled database; nothing was changed',
        why,
        fix: 'Another version of s6-rc may have made it: undeploy with that version, then deploy with this one',
      });
    case 'refused':
      return new ActivationError({
        what: 's6-rc-update refused to replace the services; nothing was changed',
        why,
        fix: 'Look at what it says',
      });
  }
};

/** What a failed `s6-rc change` means for the services that did not get where they should, in words. */
export const changeProblem = (exitCode: number): string => {
  switch (exitCode) {
    case 2:
    case 10:
      return 's6-rc waited too long';
    case 3:
      return 's6-rc does not know it';
    case 4:
      return 's6-rc cannot read its database';
    default:
      return `s6-rc ended with exit code ${exitCode}`;
  }
};

/** What s6-rc has to say, without its own name in front. */
export const wordsOf = ({ stderr }: RunResult): string =>
  stderr
    .split('\n')
    .map((line) => line.replace(/^s6-rc: (?:warning|fatal|info): /, ''))
    .filter((line) => line !== '' && !line.includes('without readiness notification'))
    .join('\n');
