import { join } from 'node:path';
import { answer } from './fake-systemd.js';
import { restoreState } from './deployed-state.js';
import type { Dice } from './dice.js';
import { startFakeSupervisord } from './fake-supervisord.js';
import type { Kind, Setting } from './kind.js';
import { createMachine } from './machine.js';
import { mutateDocument, mutateText, oddWords } from './mutate.js';
import { withOddAnswers } from './odd-answers.js';
import { runTool, type Ending } from './run-tool.js';
import { commandLines } from './state-files.js';
import { createWorld } from './world.js';

const idRequirements = '{"instances":{"web":["ports"],"database":["ports","uids"]}}';
const pools = '{"ports":{"min":5000,"max":5010},"uids":{"min":2000,"max":2100}}';
const assigned = '{"ids":{"ports":{"web":5000}},"lastAssignments":{"ports":5000}}';

/** Nix' words when it fails, in its own log format, whole or not. */
const nixErrors = [
  '@nix {"action":"msg","level":0,"msg":"error: undefined variable \'x\'","raw_msg":"undefined variable"}\n',
  '@nix {"action":"msg","level":0,"msg":"error: \\u001b[31mx\\u001b[0m","file":"/a.nix","line":1,"column":2}\n',
  '@nix {"action":"msg","level":0\n',
  '@nix null\n@nix []\n@nix {"action":"msg","level":0,"msg":7,"trace":[{"file":null}]}\n',
  'error: Speicherplatz erschöpft\n',
  'error: SQLite database is busy\n',
  'terminate called after throwing an instance of std::bad_alloc\nAborted\n',
  '',
] as const;

const evaluatedAnswer = (dice: Dice, text: string) => {
  if (dice.chance(0.15)) return answer('', 1, mutateText(dice.pick(nixErrors), dice));
  if (dice.chance(0.1))
    return answer(text.slice(0, dice.int(text.length)), dice.pick([0, 1, 137]), dice.pick(nixErrors));
  return answer(dice.chance(0.05) ? dice.pick(oddWords) : mutateDocument(text, dice));
};

/** What Nix is asked for decides which of its answers is changed. */
const nixAnswers =
  (dice: Dice, { evaluations }: Setting, manager: string) =>
  (args: readonly string[]) => {
    if (args.includes('--find-file')) return answer('/nixpkgs\n', dice.int(2));
    const all = args.join(' ');
    if (all.includes('id-requirements.nix')) return evaluatedAnswer(dice, idRequirements);
    if (all.includes('resources.nix')) return dice.chance(0.5) ? answer(pools) : evaluatedAnswer(dice, pools);
    if (all.includes('ids.nix')) return dice.chance(0.5) ? answer(assigned) : evaluatedAnswer(dice, assigned);
    return evaluatedAnswer(dice, evaluations[manager] ?? '{}');
  };

const modelLines = (manager: string): readonly (readonly string[])[] => [
  ['plan', '-P', manager, 'model.nix'],
  ['switch', '-P', manager, 'model.nix'],
  ['build', '-P', manager, '--no-out-link', 'model.nix'],
  ['eval', '-P', manager, 'model.nix'],
  ['id-assign', '--id-resources', 'resources.nix', 'model.nix'],
  ['id-assign', '--id-resources', 'resources.nix', '--ids', 'ids.nix', '--output-file', 'ids.nix', 'model.nix'],
  ['generate-config', '-P', manager, '--no-out-link', 'NAME.json'],
];

/** Nix answers an evaluation, of a model, of ids files or of a NAME.json, with something else than it should. */
export const nixAnswersKind: Kind = async (dice, setting) => {
  const manager = dice.pick(Object.keys(setting.evaluations));
  const { world } = restoreState(setting.deployed, setting.systemd);
  process.chdir(join(world.directory, 'work'));
  try {
    const machine = createMachine(world, nixAnswers(dice, setting, manager));
    for (const name of ['model.nix', 'resources.nix', 'ids.nix'])
      world.write(join(world.directory, 'work', name), '{ }');
    world.write(join(world.directory, 'work', 'NAME.json'), mutateDocument('{"name":"web","args":["a"]}', dice));
    const healthy = dice.chance(0.5)
      ? machine.run
      : withOddAnswers(machine.run, dice, { probability: 0.2, silent: false });
    const ending = await runTool(dice.pick(modelLines(manager)), world.env, healthy);
    return { endings: [ending], complaint: null };
  } finally {
    process.chdir('/');
    world.remove();
  }
};

const containers =
  '[{"Id":"abc","Names":["web"],"State":"running","Labels":{"nix-processmgmt-ts.profile":"x"},"Pid":1}]';
const otherAnswers = [
  '',
  containers,
  '{"Client":{"Version":"4.3"},"Server":{"Version":"4.3"}}',
  'up (pid 42) 10 seconds\n',
  'database\nweb\n/\nworker\n',
  '42\t0\tweb\n',
  'gui/1000 = {\n\tservices = {\n\t\t42 0 web\n\t}\n}\n',
  'Service : web\nCurrent State : Running\n',
  '252\n',
] as const;

/** Programs of managers answer otherwise than they should, or not at all. */
export const managerAnswersKind: Kind = async (dice, setting) => {
  const isSystemd = dice.chance(0.4);
  const isSupervisord = dice.chance(0.2);
  const template = isSystemd
    ? setting.systemd
    : (setting.templates.find(({ manager }) => isSupervisord && manager === 'supervisord') ??
      dice.pick(setting.templates));
  const restored = isSystemd ? restoreState(setting.deployed, template) : null;
  const world = restored?.world ?? createWorld(template, 'a');
  const listens = template.manager === 'supervisord' && dice.chance(0.8);
  const stop = listens ? await startFakeSupervisord(world, dice) : null;
  try {
    const machine =
      restored?.machine ??
      createMachine(world, undefined, () => {
        const text = dice.pick(otherAnswers);
        return Promise.resolve(answer(dice.chance(0.5) ? text : mutateText(text, dice), dice.chance(0.2) ? 1 : 0));
      });
    const run = withOddAnswers(machine.run, dice, { probability: dice.pick([0.05, 0.3, 0.8]), silent: true });
    const endings: Ending[] = [];
    for (let left = 1 + dice.int(2); left > 0; left -= 1) {
      const line = dice.pick(commandLines).map((word) => (word === 'B' ? world.profileOf('b') : word));
      endings.push(await runTool(line, world.env, run));
    }
    return { endings, complaint: null };
  } finally {
    await stop?.();
    world.remove();
  }
};
