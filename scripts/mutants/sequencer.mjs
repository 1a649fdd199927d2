// The order in which a mutant meets the tests: first the module's own, then those that took least the last time.
import Sequencer from '@jest/test-sequencer';
import { basename } from 'node:path';

const { file = '' } = JSON.parse(process.env.NIXPROC_MUTANT ?? 'null') ?? {};
const own = `${basename(file, '.ts')}.test.ts`;

export default class extends Sequencer {
  sort(tests) {
    const isOther = ({ path }) => basename(path) !== own;
    return [...tests].sort(
      (one, other) => isOther(one) - isOther(other) || (one.duration ?? 0) - (other.duration ?? 0),
    );
  }
}
