import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Moment } from '../support/faults/dying-tool.js';
import { createFaultPlace, faultManagers, undeploy, type FaultPlace } from '../support/faults/place.js';
import { isFullRun, report } from '../support/faults/report.js';
import { oneOf, randomFrom, seed } from '../support/faults/sample.js';
import { expectedSleepers, runningSleepers, type Sleepers } from '../support/faults/sleepers.js';
import { pidsOf, statusOf, type StatusRow } from '../support/status.js';
import { eventually } from '../support/waiting.js';

jest.setTimeout(isFullRun ? 3_600_000 : 600_000);

const models = {
  one: { a: { version: '1' }, b: { version: '1' }, gone: { version: '1', dependsOn: ['a'] } },
  two: { a: { version: '2' }, b: { version: '1' }, more: { version: '1', dependsOn: ['b'] } },
  failing: {
    a: { version: '2' },
    b: { version: '1' },
    bad: { version: '1', dependsOn: ['b'], fails: true },
  },
} as const satisfies Record<string, Sleepers>;
type Model = keyof typeof models;

/** A model under a manager. */
interface State {
  readonly model: Model;
  readonly manager: string;
}

/**
 * What is killed. A switch, a move and a rollback go from a state to another, and there are as many lines in the journal
 * on the way back. What fails stays in a state.
 */
const operations = ['switch', 'move', 'rollback', 'failed switch', 'failed move'] as const;
type Operation = (typeof operations)[number];
const isMove = (operation: Operation): boolean => operation.endsWith('move');
const fails = (operation: Operation): boolean => operation.startsWith('failed');

const otherModel = (model: Model): Model => (model === 'one' ? 'two' : 'one');
const partnerOf = (manager: string): string =>
  faultManagers[(faultManagers.indexOf(manager) + 1) % faultManagers.length] ?? manager;

let place: FaultPlace;
let now: State;
/** The processes of that state. */
let pids: Readonly<Record<string, number | null>>;

beforeAll(async () => {
  place = await createFaultPlace();
}, 600_000);
afterAll(async () => {
  await place.dispose();
});

const profileOf = ({ model, manager }: State): Promise<string> => place.build(model, models[model], manager);
const go = async (state: State): Promise<void> => {
  await place.deployment.succeed('switch', await profileOf(state));
  now = state;
  pids = await pidsOf(place.deployment);
};

/** Brings the deployment to where an operation begins. Returns where it leads, and its command line. */
const begin = async (
  operation: Operation,
  manager: string,
): Promise<{ readonly target: State; readonly command: readonly string[] }> => {
  switch (operation) {
    case 'switch': {
      const target = { manager, model: otherModel(now.model) };
      return { target, command: ['switch', await profileOf(target)] };
    }
    case 'move': {
      const target = { manager: now.manager === manager ? partnerOf(manager) : manager, model: otherModel(now.model) };
      return { target, command: ['switch', await profileOf(target)] };
    }
    case 'rollback': {
      const target = now;
      await go({ manager, model: otherModel(now.model) });
      return { target, command: ['rollback'] };
    }
    // What does not start cannot be the target: what ran before is.
    case 'failed switch':
      return { target: now, command: ['switch', await profileOf({ manager, model: 'failing' })] };
    case 'failed move':
      return { target: now, command: ['switch', await profileOf({ manager: partnerOf(manager), model: 'failing' })] };
  }
};

/** What an operator does next. */
const recover = async (operation: Operation, target: State): Promise<readonly string[]> => {
  if (operation !== 'rollback') return ['switch', await profileOf(target)];
  if (await place.isRecorded()) return ['resume'];
  return (await place.currentProfile()) === (await profileOf(target)) ? ['status'] : ['rollback'];
};

/** Kills an operation at a moment, and sees that the next command reaches the target. */
const killAt = async (operation: Operation, manager: string, moment: Moment, what: string): Promise<void> => {
  const { deployment, dying } = place;
  const { target, command } = await begin(operation, manager);
  const before = pids;
  const context = `seed ${seed}: ${operation} from ${now.model} under ${now.manager} to ${target.model} under ${target.manager}, killed ${moment.when} line ${moment.line} (${what})`;
  const killed = await dying.dieAt(moment, ...command);
  const next = await recover(operation, target);
  const { exitCode, stderr } = await deployment.tool(...next);
  const facts = async (rows: readonly StatusRow[]) => ({
    context,
    killed: killed.exitCode,
    recovery: exitCode,
    running: runningSleepers(deployment),
    states: rows.map((row) => `${row.state} under ${row.manager}`),
    profile: await place.currentProfile(),
    isRecorded: await place.isRecorded(),
  });
  const wanted = {
    context,
    killed: 137,
    recovery: 0,
    running: expectedSleepers(models[target.model]),
    states: Object.keys(models[target.model]).map(() => `running under ${target.manager}`),
    profile: await profileOf(target),
    isRecorded: false,
  };
  // A process that was asked to end may take a moment to be gone.
  const rows = await eventually(async () => {
    const found = [...(await statusOf(deployment)).values()];
    try {
      expect(await facts(found)).toEqual(wanted);
    } catch (error) {
      throw new Error(`${String(error)}\nthe killed command: ${killed.stderr}\n${next.join(' ')}: ${stderr}`, {
        cause: error,
      });
    }
    return found;
  }, 60);
  pids = Object.fromEntries(rows.map(({ instance, pid }) => [instance, pid]));
  // What is the same everywhere is nobody's business, unless it has to move, be it there and back.
  if (!isMove(operation)) {
    expect({ context, b: pids['b'], said: stderr }).toEqual({ context, b: before['b'], said: stderr });
  }
  now = target;
  await report({ operation, manager, moment: what });
};

/** The moments at which an operation can be killed, by what it was doing. */
const momentsOf = async (
  operation: Operation,
  manager: string,
): Promise<readonly { readonly moment: Moment; readonly what: string; readonly step: string }[]> => {
  const { target, command } = await begin(operation, manager);
  const { exitCode, stderr } = await place.dying.dieAt({ when: 'after', line: Infinity }, ...command);
  expect({ operation, exitCode, stderr }).toEqual({ operation, exitCode: fails(operation) ? 7 : 0, stderr });
  now = target;
  pids = await pidsOf(place.deployment);
  const lines = await place.dying.lines();
  return lines.flatMap((line, index) => {
    const at = (when: Moment['when']) => ({
      moment: { when, line: index + 1 },
      what: `${when} ${line}`,
      step: line.replace(/^\w+ /, ''),
    });
    // Between "begin" and the step nothing happens, nor between "done" and the next "begin".
    return line.startsWith('begin') ? [at('after')] : [at('before'), at('after')];
  });
};

describe.each(faultManagers)('commands that are killed under %s', (manager) => {
  // Wherever the test before has ended.
  beforeEach(async () => {
    await go({ model: 'one', manager });
  }, 120_000);
  afterAll(async () => {
    await undeploy(place);
  }, 120_000);

  const everyStep = (operation: Operation) => async (): Promise<void> => {
    for (const { moment, what } of await momentsOf(operation, manager)) {
      await killAt(operation, manager, moment, what);
      // The way back of a move is another manager's.
      if (operation === 'move') await killAt(operation, manager, moment, what);
    }
  };
  const oneStepOfEachKind = async (): Promise<void> => {
    const random = randomFrom(seed + faultManagers.indexOf(manager));
    const moments = [];
    for (const operation of ['switch', 'move'] as const) {
      for (const each of await momentsOf(operation, manager)) moments.push({ ...each, operation });
    }
    await go({ model: 'one', manager });
    for (const step of [...new Set(moments.map((each) => each.step))]) {
      const chosen = oneOf(
        moments.filter((each) => each.step === step),
        random,
      );
      // A rollback has the steps of a switch.
      const operation = chosen.operation === 'switch' && random() < 0.5 ? 'rollback' : chosen.operation;
      await killAt(operation, manager, chosen.moment, chosen.what);
      if (now.manager !== manager) await go({ model: now.model, manager });
    }
  };

  if (isFullRun) {
    for (const operation of operations) {
      test(
        `before and after every step of a ${operation} are finished by the next one, and nothing runs twice`,
        everyStep(operation),
      );
    }
  } else {
    test('in one step of each kind are finished by the next one, and nothing runs twice', oneStepOfEachKind);
  }
});
