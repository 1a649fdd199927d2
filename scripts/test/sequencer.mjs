import Sequencer from '@jest/test-sequencer';

/** Short files whose tests take long: without times of an earlier run, jest would begin with them last. */
const longOnes = /\/test\/contract\//;

export default class LongOnesFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    return [...sorted.filter(({ path }) => longOnes.test(path)), ...sorted.filter(({ path }) => !longOnes.test(path))];
  }
}
