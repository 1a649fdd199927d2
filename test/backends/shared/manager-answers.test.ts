import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { managerAnswers, NoAnswerError, WaitInterruptedError } from '../../../src/backends/shared/manager-answers.js';
import { createStopRequests } from '../../../src/cli/stop-signals.js';
import { createRun } from '../../../src/system/run.js';
import { isAlive } from '../../support/processes.js';
import { eventually } from '../../support/waiting.js';

const manager = { name: 'the manager', check: 'managerctl status' };
const run = createRun(process.env);

/** Waits for ever, and notes when nobody waits for it any more. */
const hangs =
  (ended: string[] = []) =>
  (signal: AbortSignal) =>
    new Promise<never>(() => {
      signal.addEventListener('abort', () => ended.push('told'));
    });

test('an answer is handed through, and so is what fails', async () => {
  const { question } = managerAnswers(manager, { patience: 1000 });
  await expect(question('what', async () => 'this')).resolves.toBe('this');
  await expect(question('what', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
});

test('a question that gets no answer says who, what was asked and what to do, and whoever waits is told', async () => {
  const ended: string[] = [];
  const asking = managerAnswers(manager, { patience: 100 }).question('managerctl list', hangs(ended));
  await expect(asking).rejects.toMatchObject({
    exitCode: 8,
    message: 'the manager did not answer within 0.1 s',
    why: expect.stringContaining('managerctl list'),
    fix: expect.stringContaining('managerctl status'),
  });
  expect(ended).toEqual(['told']);
});

test('a command that stops itself is killed, together with what it has started, and its output is not waited for', async () => {
  const { question } = managerAnswers(manager, { patience: 300 });
  const pids: number[] = [];
  const script = 'sleep 1000 & echo $! >&2; kill -STOP $$';
  const asking = question('sh', async (signal) => {
    const file = 'sh';
    const { stderr } = await run({ file, args: ['-c', script], signal, ignoresTerminal: true });
    pids.push(Number(stderr));
  });
  await expect(asking).rejects.toBeInstanceOf(NoAnswerError);
  await eventually(async () => (pids.length > 0 ? true : undefined));
  await eventually(async () => (isAlive(pids[0] ?? 0) ? undefined : true));
});

test('an action goes on for as long as the manager says that it is at work', async () => {
  const looks: number[] = [];
  const acting = managerAnswers(manager, { patience: 50 }).action(
    'start',
    () => sleep(400, 'done'),
    async () => looks.push(1) > 0,
  );
  await expect(acting).resolves.toBe('done');
  expect(looks.length).toBeGreaterThan(2);
});

test.each<[string, () => Promise<boolean>, string]>([
  ['whose manager does not answer any more', () => new Promise(() => undefined), 'did not answer'],
  ['that goes on when nothing is left to do', async () => false, 'has nothing to do any more'],
])('an action %s is ended', async (_, isAtWork, words) => {
  const ended: string[] = [];
  const acting = managerAnswers(manager, { patience: 100 }).action('start', hangs(ended), isAtWork);
  await expect(acting).rejects.toThrow(words);
  expect(ended).toEqual(['told']);
});

test('what may take longer has that much more time', async () => {
  const { bounded } = managerAnswers(manager, { patience: 50 });
  await expect(bounded('load', 1000, () => sleep(200, 'done'))).resolves.toBe('done');
  await expect(bounded('load', 50, hangs())).rejects.toMatchObject({
    message: 'the manager did not answer within 0.1 s',
  });
});

test('the second signal ends every wait, also one that begins after it', async () => {
  const stopSignals = createStopRequests();
  const { question, action, bounded } = managerAnswers(manager, { patience: 60_000, stopSignals });
  const waits = [
    question('list', hangs()),
    action('start', hangs(), async () => true),
    bounded('load', 60_000, hangs()),
  ].map((wait) => expect(wait).rejects.toBeInstanceOf(WaitInterruptedError));
  stopSignals.ask();
  stopSignals.ask();
  await Promise.all(waits);
  await expect(question('list', hangs())).rejects.toMatchObject({ exitCode: 10 });
});

test('the first signal leaves a manager five seconds for an answer', async () => {
  const stopSignals = createStopRequests();
  const { question } = managerAnswers(manager, { patience: 60_000, stopSignals });
  const begin = performance.now();
  const asking = question('list', hangs());
  stopSignals.ask();
  await expect(asking).rejects.toBeInstanceOf(WaitInterruptedError);
  expect(performance.now() - begin).toBeLessThan(10_000);
});
