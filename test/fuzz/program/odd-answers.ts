import type { Run, RunRequest, RunResult } from '../../../src/system/ports.js';
import { MissingProgramError } from '../../../src/system/run.js';
import type { Dice } from './dice.js';
import { answer } from './fake-systemd.js';
import { mutateDocument, mutateText, oddWords } from './mutate.js';
import { letPass } from './virtual-time.js';

/** The same complaints in other languages, and without any. */
const complaints = [
  '',
  'error: Keine Berechtigung\n',
  'エラー: 許可がありません\n',
  'Error: отказано в доступе\n',
  'error:',
  'Segmentation fault\n',
  'Failed to connect to bus: Nie ma takiego pliku ani katalogu\n',
  'Traceback (most recent call last):\n  File "x", line 1\nMemoryError\n',
  '\u001b[31merror\u001b[0m: \u001b]0;title\u0007no\n',
] as const;

/** Questions that nobody answers, and that say nothing of when to give up; the last ones. */
export const unanswered: string[] = [];

/** What a question that nobody answers becomes: it ends by its time-out or its signal, or never. */
const silence = (request: RunRequest): Promise<RunResult> => {
  const { timeout, signal } = request;
  const ended = { ...answer('', 137), timedOut: timeout !== undefined };
  if (timeout !== undefined) {
    letPass(timeout);
    return Promise.resolve(ended);
  }
  unanswered.push([request.file, ...request.args].join(' '));
  return new Promise((resolve) => {
    const end = (): void => {
      resolve(answer('', 137));
    };
    if (signal?.aborted === true) end();
    signal?.addEventListener('abort', end);
  });
};

/** How programs answer that are not well. */
export interface Illness {
  /** How often an answer is another one than it should be. */
  readonly probability: number;
  /** Whether a program may not answer at all. */
  readonly silent: boolean;
}

/**
 * Programs that answer as `healthy` does, or with half of it, with another exit code, in another language, late, never, or
 * with something else altogether.
 */
export const withOddAnswers =
  (healthy: Run, dice: Dice, { probability, silent }: Illness): Run =>
  async (request) => {
    if (!dice.chance(probability)) return healthy(request);
    // Nix may take as long as it likes, and whoever is shown something ends it when they have seen enough.
    const mayBeSilent = silent && !request.file.startsWith('nix-') && request.mode !== 'inherit';
    const kind = dice.int(mayBeSilent ? 10 : 9);
    if (kind === 9) return silence(request);
    // What a program reads comes from us, and may fail on its own.
    if (kind === 0) throw new MissingProgramError(request.file);
    const good = await healthy(request);
    switch (kind) {
      case 1:
        return { ...good, stdout: '' };
      case 2:
        return { ...good, stdout: good.stdout.slice(0, dice.int(good.stdout.length + 1)) };
      case 3:
        return { ...good, stdout: dice.pick(oddWords) };
      case 4:
        return {
          ...good,
          stdout: '',
          exitCode: dice.pick([1, 2, 3, 4, 100, 111, 126, 137, 143]),
          stderr: dice.pick(complaints),
        };
      case 5:
        return { ...good, exitCode: dice.pick([1, 4, 100, 139]), stderr: dice.pick(complaints) };
      case 6:
        return { ...good, stdout: mutateDocument(good.stdout, dice) };
      case 7:
        letPass(1000 * dice.int(200));
        return { ...good, stderr: dice.pick(complaints) };
      default:
        return { ...good, stdout: mutateText(good.stdout, dice), malformedStdout: true };
    }
  };
