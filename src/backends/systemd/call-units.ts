import type { RunResult } from '../../system/ports.js';
import type { Systemctl, UnitProperties } from './systemctl.js';

/** A verb that systemd makes jobs of, one for each unit. */
export type UnitVerb = 'start' | 'stop' | 'restart' | 'try-restart' | 'reload';

/** What came of a verb. */
export interface VerbOutcome {
  /** systemd's words about units that the verb did nothing to. */
  readonly refused: ReadonlyMap<string, string>;
  /** How the jobs of other units ended that did not succeed, in systemctl's words. */
  readonly jobs: ReadonlyMap<string, string>;
  /** Whether systemctl had nothing to complain of. */
  readonly allDone: boolean;
}

const nothingRefused: VerbOutcome = { refused: new Map(), jobs: new Map(), allDone: true };

/** What several verbs have said of units. */
export const joinOutcomes = (...outcomes: readonly VerbOutcome[]): VerbOutcome => ({
  refused: new Map(outcomes.flatMap(({ refused }) => [...refused])),
  jobs: new Map(outcomes.flatMap(({ jobs }) => [...jobs])),
  allDone: outcomes.every(({ allDone }) => allDone),
});

/** Moments (microseconds of the monotonic clock) that a job of these verbs moves on. */
const moments = {
  start: ['ActiveEnterTimestampMonotonic', 'InactiveExitTimestampMonotonic', 'InactiveEnterTimestampMonotonic'],
  conditions: ['ConditionTimestampMonotonic', 'AssertTimestampMonotonic'],
  reload: ['StateChangeTimestampMonotonic'],
} as const;

/** Which properties show whether a verb has done something to a unit. */
const signsOf = (verb: UnitVerb): readonly string[] => {
  switch (verb) {
    case 'stop':
      return ['ActiveState'];
    case 'reload':
      return moments.reload;
    default:
      return [...moments.start, ...moments.conditions];
  }
};

const isDown = (properties: UnitProperties): boolean => ['inactive', 'failed'].includes(properties('ActiveState'));

/** systemd and Node.js read the same clock: CLOCK_MONOTONIC. */
const monotonicNow = (): number => Number(process.hrtime.bigint() / 1000n);

/**
 * How jobs ended, by unit: systemctl says "Job for UNIT failed …", "A dependency job for UNIT failed", "Assertion failed on
 * job for UNIT", "Job for UNIT canceled". Only what has become a job has such words, which a warning has not.
 */
export const jobResults = (words: string): ReadonlyMap<string, string> =>
  new Map(
    words.split('\n').flatMap((line) => {
      const [, unit] = /\bjob for (\S+?)\.?(?:\s|$)/i.exec(line) ?? [];
      return unit === undefined ? [] : [[unit, line.trim()] as const];
    }),
  );

/** Where systemctl says that more can be read: we say that ourselves. */
const isHint = (line: string): boolean => /^See .*(?:systemctl|journalctl)/.test(line);

/** What systemctl said when it did not succeed. */
export const wordsOf = (verb: string, { exitCode, stderr }: RunResult): string => {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !isHint(line));
  return lines.length === 0 ? `systemctl ${verb} ended with exit code ${exitCode}, without a word` : lines.join('\n');
};

/**
 * Has systemd do something with units. When systemctl does not succeed, nothing follows for a single unit from that: some
 * versions do it to all units but those that they refuse, from 262 on they refuse all for one. What shows no sign of the verb
 * is asked again, in halves, until each refusal is that of one unit.
 *
 * @param names in the order in which it has to be done
 * @throws as Systemctl.call
 */
export const callUnits = async (
  systemctl: Pick<Systemctl, 'call' | 'show'>,
  verb: UnitVerb,
  names: readonly string[],
): Promise<VerbOutcome> => {
  const units = [...new Set(names)];
  const [first] = units;
  if (first === undefined) return nothingRefused;
  const since = monotonicNow();
  const answer = await systemctl.call(verb, '--', ...units);
  if (answer.exitCode === 0) return nothingRefused;

  const jobs = jobResults(answer.stderr);
  const properties = await systemctl.show(units, signsOf(verb));
  const shows = (name: string): boolean => {
    const of = properties.get(name);
    if (of === undefined) return false;
    return verb === 'stop' ? isDown(of) : signsOf(verb).some((moment) => Number(of(moment)) >= since);
  };
  const untouched = units.filter((name) => !shows(name));
  const refusedByJob = untouched.filter((name) => jobs.has(name));
  const open = untouched.filter((name) => !jobs.has(name));
  const said: VerbOutcome = {
    refused: new Map(refusedByJob.map((name) => [name, jobs.get(name) ?? ''])),
    jobs: new Map([...jobs].filter(([name]) => !refusedByJob.includes(name))),
    allDone: false,
  };
  if (open.length === 0) return said;
  if (units.length === 1) return joinOutcomes(said, { ...said, refused: new Map([[first, wordsOf(verb, answer)]]) });
  const middle = Math.ceil(open.length / 2);
  return joinOutcomes(
    said,
    await callUnits(systemctl, verb, open.slice(0, middle)),
    await callUnits(systemctl, verb, open.slice(middle)),
  );
};
