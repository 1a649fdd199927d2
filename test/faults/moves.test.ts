import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createFaultPlace, faultManagers, movingManagers, undeploy, type FaultPlace } from '../support/faults/place.js';
import { isFullRun, report } from '../support/faults/report.js';
import { expectedSleepers, runningSleepers, type Sleepers } from '../support/faults/sleepers.js';
import { pidsOf, statusOf } from '../support/status.js';
import { eventually } from '../support/waiting.js';

jest.setTimeout(isFullRun ? 1_800_000 : 600_000);

let place: FaultPlace;

beforeAll(async () => {
  place = await createFaultPlace();
}, 600_000);
afterAll(async () => {
  await place.dispose();
});

/** Whether anybody answers on a port, whatever the answer. */
const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const asked = request({ port, host: '127.0.0.1', timeout: 1000, agent: false }, (response) => {
      response.resume();
      resolve(true);
    });
    asked.on('error', () => {
      resolve(false);
    });
    asked.on('timeout', () => asked.destroy());
    asked.end();
  });

/** Asks again and again. `end` gives the milliseconds between the last answer before the longest silence and the next. */
const watchPort = (port: number): { readonly end: () => Promise<number> } => {
  let longest = 0;
  let isOver = false;
  const watch = async (): Promise<void> => {
    let last = performance.now();
    while (!isOver) {
      if (await answers(port)) {
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
      }
      await sleep(5);
    }
  };
  const watching = watch();
  return {
    end: async () => {
      isOver = true;
      await watching;
      return Math.round(longest);
    },
  };
};

const ports = { webapp1: 15_000, webapp2: 15_001, nginx: 15_080 } as const;

const ring = movingManagers.map(
  (from, index) => [from, movingManagers[(index + 1) % movingManagers.length] ?? from] as const,
);
/** Every ordered pair, in an order in which each begins where the one before has ended, as far as that goes. */
const everyPair = movingManagers.flatMap((from) =>
  movingManagers.filter((to) => to !== from).map((to) => [from, to] as const),
);

describe('a deployment that moves', () => {
  afterAll(async () => {
    await undeploy(place);
  }, 120_000);

  const switchTo = async (manager: string): Promise<void> => {
    const { deployment } = place;
    await deployment.succeed('switch', '-P', manager, ...deployment.modelOptions(), deployment.model);
  };
  const serves = () =>
    eventually(async () => {
      for (const host of ['webapp1.local', 'webapp2.local']) {
        const { status, body } = await place.deployment.page(ports.nginx, host);
        expect({ status, body }).toEqual({ status: 200, body: expect.stringContaining('Hello from the') });
      }
      return true;
    }, 60);

  let at = '';
  test.each(isFullRun ? everyPair : ring)('from %s to %s serves its pages again', async (from, to) => {
    const { deployment } = place;
    if (at !== from) await switchTo(from);
    await serves();
    const watches = Object.entries(ports).map(
      ([instance, port]) => [instance, watchPort(deployment.portOf(port))] as const,
    );
    const silences = [];
    try {
      await switchTo(to);
      at = to;
      await serves();
    } finally {
      for (const [instance, watch] of watches) silences.push(`${instance} ${await watch.end()}`);
    }
    const states = [...(await statusOf(deployment)).values()].map((row) => `${row.state} under ${row.manager}`);
    expect(states).toEqual(Array(3).fill(`running under ${to}`));
    await report({ operation: 'downtime', from, to, instances: silences.join(', ') });
  });
});

const numbers = Array.from({ length: 10 }, (_, index) => index);
/** Ten processes on three levels. */
const ten = (fifth: Partial<Sleepers[string]> = {}): Sleepers =>
  Object.fromEntries(
    numbers.map((number) => [
      `s${number}`,
      {
        version: '1',
        dependsOn: number < 3 ? [] : [`s${number % 3}`, ...(number < 6 ? [] : [`s${3 + (number % 3)}`])],
        ...(number === 4 ? fifth : {}),
      },
    ]),
  );

/** How often two switches begin at once: in a full run 20 times under each manager, else under all of them together. */
const rounds = isFullRun ? 20 : Math.ceil(20 / faultManagers.length);

describe.each(faultManagers)('ten processes under %s', (manager) => {
  afterAll(async () => {
    await undeploy(place);
  }, 120_000);

  test('keep running when one in the middle of them fails to start in its new version', async () => {
    const { deployment } = place;
    const good = await place.build('ten', ten(), manager);
    const bad = await place.build('nine', ten({ version: '2', fails: true }), manager);
    await deployment.succeed('switch', good);
    const before = await pidsOf(deployment);
    const { exitCode, stderr } = await deployment.tool('switch', bad);
    expect({ exitCode, stderr }).toEqual({ exitCode: 7, stderr: expect.stringContaining('s4 did not restart') });
    const { s4, ...others } = await pidsOf(deployment);
    expect({ s4: typeof s4, ...others }).toEqual({ ...before, s4: 'number' });
    expect(await place.currentProfile()).toBe(good);
    await eventually(() => {
      expect(runningSleepers(deployment)).toEqual(expectedSleepers(ten()));
      return true;
    }, 60);
  });

  test('are of one generation when two switches begin at once, again and again', async () => {
    const { deployment } = place;
    const models = [ten(), ten({ version: '2' })] as const;
    const profiles = [
      await place.build('ten', models[0], manager),
      await place.build('other-ten', models[1], manager),
    ] as const;
    for (let round = 0; round < rounds; round += 1) {
      const waits = round % 2 === 0 ? [] : ['--wait-lock', '600'];
      const results = await Promise.all(profiles.map((profile) => deployment.tool('switch', ...waits, profile)));
      const codes = results.map(({ exitCode }) => exitCode).sort();
      // Who does not wait finds the other one at work, unless that one had finished before.
      const second = waits.length === 0 && codes[1] === 9 ? 9 : 0;
      const said = results.map(({ stderr }) => stderr);
      expect({ codes, said }).toEqual({ codes: [0, second], said });
      const current = await place.currentProfile();
      expect(profiles).toContain(current);
      const model = models[current === profiles[0] ? 0 : 1];
      await eventually(() => {
        expect(runningSleepers(deployment)).toEqual(expectedSleepers(model));
        return true;
      }, 60);
      await report({ operation: 'two at once', manager });
    }
  });
});
