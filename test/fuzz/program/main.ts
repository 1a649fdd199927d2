// Runs cases from FROM to TO (exclusive) with a seed, and says each in lines of JSON: {"begin": N, "kind": …} before, and
// {"failed": N, …} where something is wrong. Arguments: seed, from, to, kinds (separated by commas, or "all"), a model
// whose evaluation Nix is asked for once.
import { writeSync } from 'node:fs';
import { managerAnswersKind, nixAnswersKind } from './answers.js';
import { commandLinesKind } from './command-lines.js';
import { deployOnce } from './deployed-state.js';
import { dice, seedOfCase } from './dice.js';
import { foreignLayoutsKind } from './foreign-layouts.js';
import { complaintAbout, neverEnds } from './judge.js';
import type { Kind, Setting } from './kind.js';
import { unanswered } from './odd-answers.js';
import { planFilesKind } from './plan-files.js';
import { recordEvaluations } from './recorded-evaluations.js';
import { renderTemplates } from './profiles.js';
import type { Ending } from './run-tool.js';
import { stateFilesKind } from './state-files.js';
import { startVirtualTime } from './virtual-time.js';

/** How often each kind is chosen. */
const kinds: readonly { readonly name: string; readonly weight: number; readonly kind: Kind }[] = [
  { name: 'command lines', weight: 30, kind: commandLinesKind },
  { name: 'state files and manifests', weight: 35, kind: stateFilesKind },
  { name: 'plan files', weight: 5, kind: planFilesKind },
  { name: 'answers of Nix', weight: 10, kind: nixAnswersKind },
  { name: 'answers of managers', weight: 12, kind: managerAnswersKind },
  { name: 'foreign layouts', weight: 8, kind: foreignLayoutsKind },
];

const say = (value: unknown): void => {
  writeSync(3, `${JSON.stringify(value)}\n`);
};

const [seedText = '1', from = '0', to = '0', only = 'all', model = ''] = process.argv.slice(2);
const chosen = kinds.filter(({ name }) => only === 'all' || only.split(',').includes(name));
const bag = chosen.flatMap(({ name, weight, kind }) => Array.from({ length: weight }, () => ({ name, kind })));

const evaluations = await recordEvaluations(model);
startVirtualTime();
const templates = await renderTemplates();
const systemd = templates.find(({ manager }) => manager === 'systemd');
if (systemd === undefined) throw new Error('there is no systemd among the managers');
const setting: Setting = {
  templates,
  systemd,
  deployed: await deployOnce(systemd),
  evaluations,
};

// What nobody waits for must not fail either: it would end the program.
const stray: string[] = [];
process.on('unhandledRejection', (reason) => {
  stray.push(reason instanceof Error ? (reason.stack ?? reason.message) : JSON.stringify(reason));
});

const shown = ({ line, exitCode, stdout, stderr }: Ending) => ({
  line,
  exitCode,
  stdout: stdout.slice(-500),
  stderr: stderr.slice(-2000),
});

for (let index = Number(from); index < Number(to); index += 1) {
  const one = dice(seedOfCase(Number(seedText), index));
  const { name, kind } = one.pick(bag);
  say({ begin: index, kind: name });
  stray.length = 0;
  unanswered.length = 0;
  let complaint: string | null;
  let endings: readonly Ending[] = [];
  try {
    const verdict = await kind(one, setting);
    endings = verdict.endings;
    const bad = endings.map(complaintAbout).find((words) => words !== null) ?? null;
    complaint = bad ?? verdict.complaint ?? (stray[0] === undefined ? null : `unhandled: ${stray[0]}`);
  } catch (error) {
    complaint = `the case itself fails: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  if (complaint === neverEnds && unanswered.length > 0) complaint += `, without an answer to: ${unanswered.join('; ')}`;
  if (complaint !== null) say({ failed: index, kind: name, complaint, endings: endings.map(shown) });
  else say({ codes: endings.map(({ exitCode }) => exitCode), kind: name });
  // What hangs may still hold something of this process.
  if (endings.some(({ exitCode }) => exitCode === null)) process.exit(3);
}
process.exit(0);
