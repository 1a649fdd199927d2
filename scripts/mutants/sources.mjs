// npm run mutants -- sources: changes one place of src/plan or src/activate at a time, and runs the unit tests that import it.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { mutantsOf } from './operators.mjs';

const directories = ['src/plan', 'src/activate'];

/** Milliseconds after which a mutant that neither ends nor fails counts as noticed: it hangs. */
const patience = 60_000;

/** The same numbers for the same seed (a linear congruential generator; Numerical Recipes' constants). */
const randomNumbers = (seed) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

const shuffled = (list, random) => {
  const rest = [...list];
  for (let last = rest.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [rest[last], rest[other]] = [rest[other], rest[last]];
  }
  return rest;
};

const allMutants = (repository) =>
  directories.flatMap((directory) =>
    readdirSync(join(repository, directory))
      .filter((name) => name.endsWith('.ts'))
      .sort()
      .flatMap((name) => {
        const file = join(repository, directory, name);
        return mutantsOf(readFileSync(file, 'utf8')).map((mutant) => ({
          ...mutant,
          file,
          name: `${directory}/${name}:${mutant.line}`,
        }));
      }),
  );

/**
 * @param mutant null for the module as it is
 * @returns 'killed' by a failing test, 'hung', 'untested' where no test imports the module, or 'survived'
 */
const outcomeOf = (repository, mutant, files = [mutant.file]) =>
  new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        '--experimental-vm-modules',
        'node_modules/jest/bin/jest.js',
        '--config=scripts/mutants/jest.config.mjs',
        '--runInBand',
        '--findRelatedTests',
        ...files,
      ],
      {
        cwd: repository,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, NODE_NO_WARNINGS: '1', NIXPROC_MUTANT: JSON.stringify(mutant) },
      },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    let hasHung = false;
    const timer = setTimeout(() => {
      hasHung = true;
      child.kill('SIGKILL');
    }, patience);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      if (hasHung) resolve('hung');
      else if (output.includes('No tests found')) resolve('untested');
      else resolve(code === 0 ? 'survived' : 'killed');
    });
  });

/**
 * @param options `sample` (how many; 0: all), `seed`, `only` (a pattern for "src/plan/conflict.ts:12")
 * @returns the exit code: 1 when fewer than `least` percent were noticed
 */
export const mutateSources = async (repository, { sample, seed, only, jobs, least }) => {
  const all = allMutants(repository).filter(({ name }) => only === undefined || new RegExp(only).test(name));
  const chosen = shuffled(all, randomNumbers(seed)).slice(0, sample === 0 ? all.length : sample);
  process.stdout.write(`${chosen.length} of ${all.length} mutants of ${directories.join(' and ')}, seed ${seed}\n`);
  const files = [...new Set(chosen.map(({ file }) => file))];
  if ((await outcomeOf(repository, null, files)) !== 'survived') throw new Error('the tests fail without any mutant');
  const rest = chosen.values();
  let noticed = 0;
  const work = async () => {
    for (const mutant of rest) {
      const outcome = await outcomeOf(repository, mutant);
      if (outcome === 'killed' || outcome === 'hung') noticed += 1;
      else {
        const words = [mutant.was, mutant.text].map((text) => text.replaceAll(/\s+/g, ' ').slice(0, 70));
        process.stdout.write(`${outcome} ${mutant.name} ${mutant.operator}: ${words.join('  →  ')}\n`);
      }
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const percent = (100 * noticed) / chosen.length;
  process.stdout.write(`${noticed} of ${chosen.length} noticed: ${percent.toFixed(1)} %\n`);
  return percent < least ? 1 : 0;
};
