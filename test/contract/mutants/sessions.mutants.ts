import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { loadHarnesses, partnerOf } from '../harnesses.js';
import { story } from '../story.js';
import { Teller } from '../teller.js';
import { withoutMethod } from './idle-session.js';
import { toldMethods, type Method } from './methods.js';

jest.setTimeout(600_000);

/** Of the program whose sessions can be told to do nothing; see scripts/mutants.mjs. */
const dist = process.env['NIXPROC_TEST_DIST'] ?? '';
const report = process.env['NIXPROC_MUTANTS_REPORT'] ?? '';
const harnesses = await loadHarnesses();

/** How the story ends when a method does nothing: the step that fails, or null for a good end. */
const endWithout = async (manager: string, method: Method): Promise<{ step: string; why: string } | null> => {
  const harness = harnesses.get(manager);
  const stage = harness?.stages.find(({ skip }) => skip === null);
  if (harness === null || harness === undefined || stage === undefined) throw new Error('it does not run here');
  await writeFile(join(dist, 'mutant'), `${manager} ${method}\n`);
  const place = await stage.open();
  try {
    const teller = new Teller(manager, harness, place, partnerOf(manager, harnesses));
    for (const { name, tell } of story) {
      try {
        await tell(teller);
      } catch (error) {
        return { step: name, why: error instanceof Error ? error.message : String(error) };
      }
    }
    return null;
  } finally {
    await place.dispose();
  }
};

for (const [manager, harness] of harnesses) {
  const isHere = harness?.stages.some(({ skip }) => skip === null) === true;
  (isHere ? describe : describe.skip)(`under ${manager}`, () => {
    test.each(toldMethods)('a %s that does nothing and reports success is noticed', async (method) => {
      const end = await endWithout(manager, method);
      const result = end === null ? 'survived' : end.why.includes(withoutMethod) ? 'none' : `caught: ${end.step}`;
      await appendFile(report, `${JSON.stringify({ manager, method, result })}\n`);
      const mayBeIdle = harness?.idle?.includes(method) === true;
      if (mayBeIdle) expect(result).toBe('survived');
      else expect(result).not.toBe('survived');
    });
  });
}
