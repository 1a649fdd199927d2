import { setTimeout as sleep } from 'node:timers/promises';
import { ExplainedError, exitCodes, ManagerUnavailableError } from '../../system/errors.js';
import type { StopSignals } from '../../system/ports.js';

/** How long managers are waited for. */
export interface AnswerLimits {
  /** Milliseconds that a manager has to answer a question. */
  readonly patience: number;
  /** End every wait, see below. Default: nobody asks us to end. */
  readonly stopSignals?: StopSignals | undefined;
}

/** When nobody says how long, in milliseconds. */
export const defaultAnswerLimits: AnswerLimits = { patience: 60_000 };

/** Milliseconds that are left for an answer once SIGINT or SIGTERM came: to a question, and to the end of an action. */
const hurried = { question: 5000, action: 30_000 } as const;

/** A manager that has nothing left to do is asked a second time after so many milliseconds: an answer may be on its way. */
const secondLook = 2000;

/** Who is waited for, in words. */
export interface AskedManager {
  /** As operators call it ("systemd"). */
  readonly name: string;
  /** A command that shows whether it answers ("systemctl is-system-running"). */
  readonly check: string;
}

/** A manager was asked something and did not say anything in time (exit code 8). */
export class NoAnswerError extends ManagerUnavailableError {}

/** SIGINT or SIGTERM ended the waiting for a manager (exit code 10). */
export class WaitInterruptedError extends ExplainedError {
  constructor({ name, check }: AskedManager, asked: string) {
    super(exitCodes.interrupted, {
      what: `A signal ended the wait for ${name}`,
      why: `It had not answered yet to: ${asked}`,
      fix: `See whether it answers at all: ${check}`,
    });
  }
}

const inSeconds = (milliseconds: number): string => `${String(Math.round(milliseconds / 100) / 10)} s`;

const noAnswer = ({ name, check }: AskedManager, asked: string, waited: number): NoAnswerError =>
  new NoAnswerError({
    what: `${name} did not answer within ${inSeconds(waited)}`,
    why: `It was asked: ${asked}\nIt may be stopped (SIGSTOP), have too much to do, or wait for a disk`,
    fix: `See whether it answers: ${check}. If it only needs longer, allow that with --answer-timeout SECONDS`,
  });

const noEnd = ({ name, check }: AskedManager, asked: string): NoAnswerError =>
  new NoAnswerError({
    what: `${name} has nothing to do any more, but a command to it does not end`,
    why: `The command: ${asked}`,
    fix: `It was ended. See whether others get an answer: ${check}`,
  });

/** What is waited for; the signal is aborted when nobody waits any more. */
export type Awaited<Result> = (signal: AbortSignal) => Promise<Result>;

/** Waits for one manager, never without an end. */
export interface ManagerAnswers {
  /**
   * Asks what a manager answers at once.
   *
   * @param asked in words, for errors
   * @throws NoAnswerError when its time is over; WaitInterruptedError 5 seconds after SIGINT or SIGTERM, or at the second one
   */
  readonly question: <Result>(asked: string, ask: Awaited<Result>) => Promise<Result>;
  /**
   * Has a manager do what takes as long as processes take. It goes on while the manager says that it is at work.
   *
   * @param isAtWork asked each time that an answer would be overdue, as a question of its own
   * @throws NoAnswerError when that is not answered, or when the command goes on without anything to do;
   *   WaitInterruptedError 30 seconds after SIGINT or SIGTERM, or at the second one
   */
  readonly action: <Result>(asked: string, act: Awaited<Result>, isAtWork: Awaited<boolean>) => Promise<Result>;
  /**
   * Has a manager do what takes at most so long.
   *
   * @param milliseconds that it may take besides the time for an answer
   * @throws as `action`
   */
  readonly bounded: <Result>(asked: string, milliseconds: number, act: Awaited<Result>) => Promise<Result>;
}

interface Wait {
  readonly asked: string;
  /** Milliseconds. Default: no limit. */
  readonly limit?: number;
  /** Milliseconds that are left when a signal comes. */
  readonly hurried: number;
  /** Whether a signal that came before counts as well. */
  readonly isHurriedFromTheStart: boolean;
}

/** Waits for `work` until its time is over. The work is told, but not waited for. */
const within = async <Result>(
  manager: AskedManager,
  { stopSignals }: AnswerLimits,
  { asked, limit, hurried: left, isHurriedFromTheStart }: Wait,
  work: Awaited<Result>,
): Promise<Result> => {
  const over = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  let interrupt: () => void = () => undefined;
  let hurry: () => void = () => undefined;
  const end = new Promise<never>((_, reject) => {
    const endWith = (error: Error): void => {
      reject(error);
      over.abort();
    };
    interrupt = () => {
      endWith(new WaitInterruptedError(manager, asked));
    };
    hurry = () => {
      timers.push(setTimeout(interrupt, left));
    };
    if (limit !== undefined)
      timers.push(
        setTimeout(() => {
          endWith(noAnswer(manager, asked, limit));
        }, limit),
      );
    if (stopSignals?.second.aborted === true) interrupt();
    else if (stopSignals?.first.aborted === true && isHurriedFromTheStart) hurry();
  });
  stopSignals?.first.addEventListener('abort', hurry);
  stopSignals?.second.addEventListener('abort', interrupt);
  try {
    return await (over.signal.aborted ? end : Promise.race([end, work(over.signal)]));
  } finally {
    for (const timer of timers) clearTimeout(timer);
    stopSignals?.first.removeEventListener('abort', hurry);
    stopSignals?.second.removeEventListener('abort', interrupt);
  }
};

/** @param limits Default: a minute for an answer */
export const managerAnswers = (manager: AskedManager, limits: AnswerLimits = defaultAnswerLimits): ManagerAnswers => {
  const { patience, stopSignals } = limits;
  const question: ManagerAnswers['question'] = (asked, ask) =>
    within(manager, limits, { asked, limit: patience, hurried: hurried.question, isHurriedFromTheStart: true }, ask);
  const action = { hurried: hurried.action, isHurriedFromTheStart: false };

  /** Resolves when nobody is at work any more; throws when nobody answers. */
  const watch = async (asked: string, isAtWork: Awaited<boolean>, over: AbortSignal): Promise<never> => {
    const pause = async (milliseconds: number): Promise<void> => {
      const signals = [over, ...(stopSignals?.first.aborted === false ? [stopSignals.first] : [])];
      await sleep(milliseconds, undefined, { signal: AbortSignal.any(signals) }).catch(() => undefined);
    };
    const looks = (): Promise<boolean> => question(`whether it is at work, during: ${asked}`, isAtWork);
    let wasAtWork = true;
    for (;;) {
      await pause(wasAtWork ? patience : secondLook);
      // What was waited for has come.
      if (over.aborted) return new Promise(() => undefined);
      const works = await looks();
      if (!works && !wasAtWork) throw noEnd(manager, asked);
      wasAtWork = works;
    }
  };

  return {
    question,
    action: (asked, act, isAtWork) =>
      within(manager, limits, { asked, ...action }, async (signal) => {
        const done = new AbortController();
        const killed = new AbortController();
        signal.addEventListener('abort', () => {
          killed.abort();
        });
        const ended = act(killed.signal);
        try {
          return await Promise.race([ended, watch(asked, isAtWork, AbortSignal.any([signal, done.signal]))]);
        } catch (error) {
          killed.abort();
          throw error;
        } finally {
          done.abort();
        }
      }),
    bounded: (asked, milliseconds, act) =>
      within(manager, limits, { asked, limit: patience + milliseconds, ...action }, act),
  };
};
