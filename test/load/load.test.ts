import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createMachine } from '../backends/systemd/support/machine.js';
import { dice } from '../fuzz/program/dice.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import {
  expectedSleepers,
  runningSleepers,
  sleeperOptions,
  writeSleepers,
  type Sleepers,
} from '../support/faults/sleepers.js';
import { isRoot } from '../support/is-root.js';
import { processesThatMention } from '../support/processes.js';
import { eventually } from '../support/waiting.js';
import { footprintOf } from './footprint.js';

/** CI does a little of it; `npm run load` says more. */
const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const seed = number('LOAD_SEED', 1);
const services = number('LOAD_SERVICES', 10);
const switches = number('LOAD_SWITCHES', 3);
/** How many `status` there are at once, and at which switches: each N-th. */
const questions = number('LOAD_STATUS', 4);
const every = number('LOAD_EVERY', 2);
const reportFile = process.env['LOAD_REPORT'];
const managers = (process.env['LOAD_MANAGERS'] ?? (isRoot ? 'sysvinit,supervisord' : 'supervisord')).split(',');

jest.setTimeout(reportFile === undefined ? 240_000 : 24 * 3_600_000);

interface Place {
  readonly deployment: Deployment;
  /** Null when nobody watches over services. */
  readonly supervisor: () => number | null;
  readonly dispose: () => Promise<void>;
}

const createPlace = async (manager: string): Promise<Place> => {
  const [account] = accounts;
  if (account === undefined) throw new Error('there is no account to run as');
  if (manager === 'systemd') {
    const { deployment, namespace, dispose } = await createMachine('system', account);
    const init = namespace.init();
    return { deployment, supervisor: () => init, dispose };
  }
  const deployment = await createDeployment(account, 'webapps');
  return {
    deployment,
    supervisor: () =>
      processesThatMention(deployment.directory).find(({ commandLine }) => commandLine.includes('supervisord'))?.pid ??
      null,
    dispose: deployment.dispose,
  };
};

/** All services, of which some have another version, and some are not there. */
const changed = (round: number): Sleepers => {
  const choose = dice(seed * 1000 + round);
  const share = choose.pick([0.02, 0.1, 0.5, 1]);
  const all = Array.from({ length: services }, (_, index): [string, { version: string; dependsOn: string[] }] => [
    `service${index}`,
    {
      version: round > 0 && choose.chance(share) ? String(round) : '0',
      dependsOn: index >= 10 ? [`service${index % 10}`] : [],
    },
  ]);
  const isThere = (index: number): boolean => index < 10 || round === 0 || !choose.chance(share / 5);
  return Object.fromEntries(all.filter((_, index) => isThere(index)));
};

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

describe.each(managers)('many changes under %s', (manager) => {
  let place: Place;
  beforeAll(async () => {
    place = await createPlace(manager);
  }, 600_000);
  afterAll(() => place.dispose());

  test(`leave no process, descriptor, root or file behind (seed ${seed})`, async () => {
    const { deployment, supervisor } = place;
    const times: { readonly switches: number[]; readonly status: number[] } = { switches: [], status: [] };
    const timed = async <T>(into: number[], work: () => Promise<T>): Promise<T> => {
      const started = performance.now();
      const result = await work();
      into.push(performance.now() - started);
      return result;
    };
    const deploy = async (round: number): Promise<void> => {
      const sleepers = changed(round);
      const model = await writeSleepers(deployment, 'load', sleepers);
      const line = ['switch', '-P', manager, ...sleeperOptions(deployment), model];
      const asked = round > 0 && round % every === 0 ? questions : 0;
      const [result, ...answers] = await Promise.all([
        timed(times.switches, () => deployment.tool(...line)),
        ...Array.from({ length: asked }, () => timed(times.status, () => deployment.tool('status', '--json'))),
      ]);
      expect({ round, ...result }).toMatchObject({ exitCode: 0 });
      // In the middle of a switch something may not run.
      const odd = answers.find(({ exitCode }) => ![0, 3].includes(exitCode));
      if (odd !== undefined) throw new Error(`status ended with ${odd.exitCode}: ${odd.stderr}`);
      await eventually(() => {
        const [running, expected] = [runningSleepers(deployment), expectedSleepers(sleepers)];
        if (running.join() !== expected.join()) throw new Error(`${running.join()} run in place of ${expected.join()}`);
        return true;
      });
    };
    const clean = async () => {
      await deployment.succeed('generations', 'delete', 'old');
      await deployment.run('nix-store', '--gc');
      return footprintOf(deployment, supervisor());
    };

    await deploy(0);
    const before = await clean();
    for (let round = 1; round <= switches; round += 1) await deploy(round);
    await deploy(0);
    const after = await clean();
    expect(after).toEqual(before);
    expect(after.services).toBe(services);

    await deployment.succeed('undeploy');
    await eventually(() => {
      const left = processesThatMention(deployment.directory).map(({ commandLine }) => commandLine);
      if (left.length > 0) throw new Error(`left: ${left.join(', ')}`);
      return true;
    });
    if (reportFile !== undefined) {
      const line = {
        ...{ manager, services, switches, seed },
        switchSeconds: [percentile(times.switches, 0.5), percentile(times.switches, 1)].map((ms) => ms / 1000),
        questions: times.status.length,
        statusSeconds: [percentile(times.status, 0.5), percentile(times.status, 1)].map((ms) => ms / 1000),
        ...{
          helpers: after.helpers.length,
          descriptors: after.descriptors,
          roots: after.roots,
          files: after.files.length,
        },
      };
      appendFileSync(reportFile, `${JSON.stringify(line)}\n`);
    }
  });
});
