// `npm run bench`: measures speed and scale, everything compared side by side. `npm run bench -- --help` lists the options.
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { describeMachine, formatSubset } from './bench/report.mjs';
import { judge, runRounds, summarise } from './bench/rounds.mjs';
import { subsets } from './bench/subsets/index.mjs';
import { openWorkshop } from './bench/workshop.mjs';
import { repository, setUp } from './setup.mjs';

const usage = `npm run bench -- [SUBSET…] [--rounds N] [--json FILE] [--check] [--ci]

${subsets.map(({ name, about }) => `  ${name.padEnd(12)}${about}`).join('\n')}

  --rounds N   how many times everything is measured, besides a first time that does not count
  --json FILE  writes everything there, too
  --check      fails when a target is missed
  --ci         a small version with lenient targets that fails when one is missed, for machines that do other things
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    json: { type: 'string' },
    check: { type: 'boolean', default: false },
    ci: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const fail = (message) => {
  console.error(`bench: ${message}`);
  process.exit(2);
};

const chosen = () => {
  const unknown = positionals.find((name) => !subsets.some((subset) => subset.name === name));
  if (unknown !== undefined) fail(`there is no subset "${unknown}"; see npm run bench -- --help`);
  if (positionals.length > 0) return subsets.filter(({ name }) => positionals.includes(name));
  return values.ci ? subsets.filter(({ isForCi }) => isForCi) : subsets;
};

const roundsOf = (subset) => {
  if (values.rounds === undefined) return values.ci ? 3 : subset.rounds;
  const rounds = Number(values.rounds);
  return Number.isInteger(rounds) && rounds > 0 ? rounds : fail('--rounds wants a whole number above 0');
};

/** What is told while it goes on, where somebody watches. */
const progress = (words) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${words}`);
};

/**
 * All that were opened. They are taken away when everything is measured: for minutes after thousands of files were deleted,
 * ext4 without a journal looks at each of them again before it makes another file.
 */
const workshops = [];
const removeWorkshops = () => {
  for (const workshop of workshops) workshop.remove();
};

const measureSubset = async (subset) => {
  const workshop = openWorkshop(repository, subset.inMemory);
  workshops.push(workshop);
  // The caller ends us with a signal: what runs in the workshop is to end, too.
  const interrupted = Object.fromEntries(
    ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => [
      signal,
      async () => {
        await workshop.close();
        removeWorkshops();
        process.exit(128 + constants.signals[signal]);
      },
    ]),
  );
  for (const [signal, handle] of Object.entries(interrupted)) process.once(signal, handle);
  let opened;
  try {
    opened = await subset.open({ workshop, count: values.ci ? 100 : 300, isSmall: values.ci });
    const rounds = await runRounds(opened, roundsOf(subset), (round, row) =>
      progress(`${subset.name}: round ${round}, ${row}`),
    );
    progress('');
    return {
      name: subset.name,
      about: subset.about,
      rows: summarise(opened, rounds),
      figures: judge(opened.figures, rounds, values.ci ? 5 : 1),
    };
  } finally {
    await opened?.close?.();
    await workshop.close();
    for (const [signal, handle] of Object.entries(interrupted)) process.off(signal, handle);
  }
};

if (values.help) {
  console.log(usage);
  process.exit();
}
const wanted = chosen();
setUp();
const machine = describeMachine();
const results = [];
try {
  for (const subset of wanted) {
    const reason = subset.cannotRun?.() ?? null;
    if (reason !== null) {
      console.log(`${subset.name}: left out, ${reason}\n`);
      continue;
    }
    const result = await measureSubset(subset);
    results.push(result);
    console.log(formatSubset(result));
  }
} finally {
  removeWorkshops();
}
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ machine, isSmall: values.ci, subsets: results }, null, 2)}\n`);
}
const missed = results.flatMap(({ figures }) => figures.filter(({ isMet }) => !isMet));
if (missed.length > 0) {
  console.log(`${missed.length} of the targets missed: ${missed.map(({ name }) => name).join(', ')}`);
  if (values.check || values.ci) process.exitCode = 1;
}
