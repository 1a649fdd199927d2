import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createLateLog } from '../../src/cli/late-log.js';
import type { Log } from '../../src/system/ports.js';

const collect = () => {
  const lines: string[] = [];
  const at = (level: string) =>
    ((line: string) => {
      lines.push(`${level}: ${line}`);
    }) as Log['info'];
  return { lines, log: { debug: at('debug'), info: at('info'), warn: at('warn') } };
};

test('what is logged before there is a logger is told when it is loaded, in order', async () => {
  const { lines, log } = collect();
  const late = createLateLog(() => Promise.resolve(log));
  late.warn('first');
  late.info('second');
  expect(lines).toEqual([]);
  await late.told();
  late.debug('third');
  expect(lines).toEqual(['warn: first', 'info: second', 'debug: third']);
});

test('nobody has to wait for it: the first turn of the event loop loads the logger, once', async () => {
  const { lines, log } = collect();
  let loads = 0;
  const late = createLateLog(() => {
    loads++;
    return Promise.resolve(log);
  });
  late.info('a line');
  await turn();
  expect(lines).toEqual(['info: a line']);
  await late.told();
  expect(loads).toBe(1);
});

test('who waits for it learns why the logger cannot be loaded', async () => {
  const late = createLateLog(() => Promise.reject(new Error('the file is gone')));
  late.info('a line');
  await turn();
  await expect(late.told()).rejects.toThrow('the file is gone');
});
