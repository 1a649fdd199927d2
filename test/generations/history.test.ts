import { expect, test } from '@jest/globals';
import type { Generation } from '../../src/generations/generations.js';
import { historyAfterLeaving, rollbackTarget } from '../../src/generations/history.js';

const generations = (current: number, ...others: number[]): Generation[] =>
  [current, ...others].map((number) => ({
    number,
    link: `/profiles/processes-${number}-link`,
    created: new Date(0),
    isCurrent: number === current,
  }));

test('each rollback goes further back', () => {
  const first = rollbackTarget([1, 2], generations(3, 1, 2));
  expect(first).toEqual({ number: 2, history: [1], passedOver: [] });
  expect(rollbackTarget(first?.history ?? [], generations(2, 1, 3))).toEqual({
    number: 1,
    history: [],
    passedOver: [],
  });
  expect(rollbackTarget([], generations(1, 2, 3))).toBeNull();
});

test('after switching to an older generation, rollback returns to the one that was left', () => {
  expect(rollbackTarget(historyAfterLeaving([1, 2], 3), generations(1, 2, 3))).toEqual({
    number: 3,
    history: [1, 2],
    passedOver: [],
  });
});

test('a generation that was deleted is passed over', () => {
  expect(rollbackTarget([1, 2], generations(3, 1))).toEqual({ number: 1, history: [], passedOver: [] });
});

test('without a history, rollback goes to the next older number', () => {
  expect(rollbackTarget([], generations(7, 3, 5, 9))).toEqual({ number: 5, history: [], passedOver: [] });
});

test('a profile that does not exist has nothing to go back to', () => {
  expect(rollbackTarget([], [])).toBeNull();
});

test('a generation whose last activation was not good is passed over, and said to be', () => {
  const isGood = (number: number): boolean => number !== 3;
  expect(rollbackTarget([1, 2, 3], generations(4, 1, 2, 3), isGood)).toEqual({
    number: 2,
    history: [1],
    passedOver: [3],
  });
  expect(rollbackTarget([], generations(4, 1, 3), isGood)).toEqual({ number: 1, history: [], passedOver: [3] });
  expect(rollbackTarget([3], generations(4, 3), isGood)).toBeNull();
});
