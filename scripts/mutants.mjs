// npm run mutants: changes the program in one place at a time, and looks whether the tests notice.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutateSessions } from './mutants/sessions.mjs';
import { mutateSources } from './mutants/sources.mjs';

const repository = fileURLToPath(new URL('..', import.meta.url));
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    sample: { type: 'string', default: '250' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    help: { type: 'boolean' },
  },
});
const kinds = positionals.length === 0 ? ['sessions', 'sources'] : positionals;
if (options.help || kinds.some((kind) => kind !== 'sessions' && kind !== 'sources')) {
  process.stdout.write(`npm run mutants -- [sessions] [sources] [OPTIONS]

  sessions        replaces each method of each manager's session by one that does nothing and reports success, and tells
                  the contract of all managers (test/contract)
  sources         changes a condition, a comparison, a statement, a result … of src/plan and src/activate, and runs the
                  unit tests that import the module (test/plan, test/activate)

  --only PATTERN  only the mutants whose names match a regular expression, such as "under sysvinit a stop" or
                  "src/plan/conflict.ts:12"
  --sample N      of sources: how many, chosen at random; 0 for all. Default: 250
  --seed N        of sources: by which they are chosen. Default: 1
  --jobs N        of sources: how many at once. Default: 2
`);
  process.exit(options.help ? 0 : 2);
}
const number = (name) => {
  const value = Number(options[name]);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} takes a whole number`);
  return value;
};
let status = 0;
if (kinds.includes('sessions')) status = await mutateSessions(repository, { only: options.only });
if (kinds.includes('sources')) {
  const settings = {
    sample: number('sample'),
    seed: number('seed'),
    jobs: number('jobs'),
    only: options.only,
    least: 85,
  };
  status = Math.max(status, await mutateSources(repository, settings));
}
process.exitCode = status;
