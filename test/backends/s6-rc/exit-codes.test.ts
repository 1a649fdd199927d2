import { expect, test } from '@jest/globals';
import { updateError, updateVerdict } from '../../../src/backends/s6-rc/exit-codes.js';

const cases = [
  { codes: [0], verdict: 'done' },
  { codes: [1, 2], verdict: 'switched-with-failures' },
  { codes: [3, 5, 6, 100, 111], verdict: 'refused' },
  { codes: [4], verdict: 'invalid-database' },
  { codes: [9, 10], verdict: 'not-switched' },
] as const;

test.each(cases)('exit codes $codes of s6-rc-update mean: $verdict', ({ codes, verdict }) => {
  for (const code of codes) expect(updateVerdict(code)).toBe(verdict);
});

test('each kind of failure says what is live now, and quotes s6-rc', () => {
  const said = (code: number): string => {
    const verdict = updateVerdict(code);
    if (verdict === 'done') throw new Error('that is no failure');
    const { message, why } = updateError(verdict, code, 's6-rc: fatal: no\n');
    expect(why).toBe('s6-rc: fatal: no');
    return message;
  };
  expect(said(1)).toBe('The new services are in place, but s6-rc could not bring all of them where they were');
  expect(said(2)).toBe('The new services are in place, but s6-rc took too long to bring all of them where they were');
  expect(said(4)).toBe('s6-rc cannot read a compiled database; nothing was changed');
  expect(said(5)).toBe('s6-rc-update refused to replace the services; nothing was changed');
  expect(said(9)).toBe('The old services are still in place: s6-rc could not stop some of them');
  expect(said(10)).toBe('The old services are still in place: s6-rc took too long to stop some of them');
});
