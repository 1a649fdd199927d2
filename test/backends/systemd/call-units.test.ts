import { describe, expect, test } from '@jest/globals';
import { callUnits, jobResults } from '../../../src/backends/systemd/call-units.js';
import { parseProperties } from '../../../src/backends/systemd/systemctl.js';

const refusal = (unit: string): string =>
  `Operation refused, unit ${unit} may be requested by dependency only (it is configured to refuse manual start/stop).`;

interface Unit {
  active: boolean;
  /** When it last became active, in microseconds of the monotonic clock. */
  since: number;
}

/**
 * systemctl over units that all run.
 *
 * @param refused units that nobody may start or stop
 * @param isAllForOne whether it then does nothing to the others of a call either, as from systemd 262 on
 */
const fakeSystemctl = (names: readonly string[], refused: readonly string[], isAllForOne: boolean) => {
  const units = new Map(names.map((name): [string, Unit] => [name, { active: true, since: 1 }]));
  const told: string[] = [];
  const answer = (exitCode: number, stdout: string, stderr: string) =>
    Promise.resolve({ exitCode, stdout, stderr, timedOut: false });
  return {
    units,
    told,
    call: (verb = '', ...rest: readonly string[]) => {
      const asked = rest.slice(rest.indexOf('--') + 1);
      told.push([verb, ...asked].join(' '));
      const refusedHere = asked.filter((name) => refused.includes(name));
      if (isAllForOne && asked.length > 1 && refusedHere[0] !== undefined) {
        return answer(4, '', `Failed to enqueue jobs: ${refusal(refusedHere[0])}\n`);
      }
      for (const name of asked.filter((some) => !refused.includes(some))) {
        units.set(name, { active: verb !== 'stop', since: Number(process.hrtime.bigint() / 1000n) });
      }
      const words = refusedHere.map(
        (name) =>
          `Failed to ${verb} ${name}: ${refusal(name)}\nSee system logs and 'systemctl status ${name}' for details.\n`,
      );
      return answer(refusedHere.length === 0 ? 0 : 4, '', words.join(''));
    },
    show: (asked: readonly string[], properties: readonly string[]) =>
      Promise.resolve(
        parseProperties(
          asked
            .map((name) => {
              const { active, since } = units.get(name) ?? { active: false, since: 0 };
              const values = properties.map((property) =>
                property === 'ActiveState' ? `${property}=${active ? 'active' : 'inactive'}` : `${property}=${since}`,
              );
              return [`Id=${name}`, ...values].join('\n');
            })
            .join('\n\n'),
        ),
      ),
  };
};

const names = ['a.service', 'b.service', 'c.service', 'd.service', 'e.service'];

describe.each([
  { systemd: 'one that goes on with the others', isAllForOne: false },
  { systemd: 'one that refuses all for one', isAllForOne: true },
])('units that are refused by $systemd', ({ isAllForOne }) => {
  test.each(['restart', 'stop', 'reload', 'start'] as const)('%s does its work on the others', async (verb) => {
    const systemctl = fakeSystemctl(names, ['b.service', 'd.service'], isAllForOne);
    const { refused, allDone } = await callUnits(systemctl, verb, names);
    expect([...refused]).toEqual(
      ['b.service', 'd.service'].map((name) => [name, `Failed to ${verb} ${name}: ${refusal(name)}`]),
    );
    expect(allDone).toBe(false);
    for (const name of ['a.service', 'c.service', 'e.service']) {
      expect(systemctl.units.get(name)).toMatchObject({ active: verb !== 'stop' });
      expect(systemctl.units.get(name)?.since).toBeGreaterThan(1);
      // Once only: a second restart would be one too many.
      const single = systemctl.told.filter((words) => words.split(' ').includes(name));
      expect(isAllForOne || single.length === 1).toBe(true);
    }
    expect(systemctl.units.get('b.service')).toEqual({ active: true, since: 1 });
  });
});

test('what is done without complaint is asked for once, and not looked at', async () => {
  const systemctl = fakeSystemctl(names, [], true);
  expect(await callUnits(systemctl, 'restart', [...names, ...names])).toMatchObject({ allDone: true });
  expect(systemctl.told).toEqual([`restart ${names.join(' ')}`]);
});

test('an exit code without words is told as that', async () => {
  const systemctl = {
    ...fakeSystemctl(['a.service'], [], false),
    call: () => Promise.resolve({ exitCode: 4, stdout: '', stderr: '', timedOut: false }),
  };
  const { refused } = await callUnits(systemctl, 'restart', ['a.service']);
  expect(refused.get('a.service')).toBe('systemctl restart ended with exit code 4, without a word');
});

test('a unit whose job has a result is not asked again', async () => {
  const told: string[] = [];
  const systemctl = {
    ...fakeSystemctl(['a.service', 'b.service'], [], false),
    call: (...args: readonly string[]) => {
      told.push(args.join(' '));
      const stderr = "A dependency job for a.service failed. See 'journalctl -xe' for details.\n";
      return Promise.resolve({ exitCode: told.length === 1 ? 1 : 0, stdout: '', stderr, timedOut: false });
    },
  };
  const { refused } = await callUnits(systemctl, 'start', ['a.service', 'b.service']);
  expect([...refused.keys()]).toEqual(['a.service']);
  expect(told).toEqual(['start -- a.service b.service', 'start -- b.service']);
});

test('results of jobs are told from warnings', () => {
  const words = [
    'Assertion failed on job for strict.service.',
    'Job for slow.service canceled.',
    'Job for bad.service failed because the control process exited with error code.',
    "Warning: The unit file of a.service changed on disk. Run 'systemctl daemon-reload' to reload units.",
    'Failed to start m.service: Unit m.service is masked.',
  ];
  expect([...jobResults(words.join('\n')).keys()]).toEqual(['strict.service', 'slow.service', 'bad.service']);
});
