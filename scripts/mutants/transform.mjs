// A transformer of jest's: that of the tests, which sees one module as NIXPROC_MUTANT says ({ file, start, end, text }).
import swc from '@swc/jest';

const mutant = JSON.parse(process.env.NIXPROC_MUTANT ?? 'null');

export default {
  createTransformer: (options) => {
    const transformer = swc.createTransformer(options);
    const mutated = (text, file) =>
      file === mutant?.file ? `${text.slice(0, mutant.start)}${mutant.text}${text.slice(mutant.end)}` : text;
    return Object.fromEntries(
      ['process', 'processAsync', 'getCacheKey'].map((name) => [
        name,
        (text, file, ...rest) => transformer[name](mutated(text, file), file, ...rest),
      ]),
    );
  },
};
