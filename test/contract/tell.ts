import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Harness, Place, Stage } from './harness.js';
import { harnessFile, loadHarnesses, partnerOf } from './harnesses.js';
import { story } from './story.js';
import { Teller } from './teller.js';

const tellOn = (manager: string, harness: Harness, { skip, open }: Stage, other: string): void => {
  if (skip !== null) {
    test.skip.each([...story])('$name', () => undefined);
    return;
  }
  let place: Place | undefined;
  let teller: Teller | undefined;
  /** What the step is called that failed: those after it would go on from where nobody knows. */
  let failed: string | null = null;
  beforeAll(async () => {
    place = await open();
    teller = new Teller(manager, harness, place, other);
  });
  afterAll(async () => {
    await place?.dispose();
  });
  test.each([...story])('$name', async ({ name, tell }) => {
    expect([null, name]).toContain(failed);
    if (teller === undefined) throw new Error('nobody tells the story');
    failed = name;
    await tell(teller);
    failed = null;
  });
};

/** Whether the story is told wherever it can be (`npm run contract`), rather than in one place of each manager. */
const isFull = process.env['NIXPROC_CONTRACT'] === 'full';

/** As root and as an ordinary user by turns, where there are both. */
const stagesFor = (stages: readonly Stage[], index: number): readonly Stage[] =>
  isFull ? stages : stages.slice(index % stages.length).slice(0, 1);

/**
 * Tells the story of the managers of the registry: of each one whose turn it is when every `of`-th is taken, beginning with
 * the one at `first`. Files that run at the same time have the others.
 */
export const tellContract = async (first: number, of: number): Promise<void> => {
  jest.setTimeout(240_000);
  const harnesses = await loadHarnesses();
  for (const [index, [manager, harness]] of [...harnesses].entries()) {
    if (index % of !== first) continue;
    describe(`under ${manager}`, () => {
      test('there is a harness for the contract of all managers', () => {
        expect({ file: harnessFile(manager), harness }).not.toMatchObject({ harness: null });
      });
      if (harness === null) return;
      for (const stage of stagesFor(harness.stages, index)) {
        describe(`as ${stage.name}`, () => {
          tellOn(manager, harness, stage, partnerOf(manager, harnesses));
        });
      }
    });
  }
};
