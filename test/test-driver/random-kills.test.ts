import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { isRoot } from '../support/is-root.js';
import { isAlive, processesThatMention } from '../support/processes.js';
import { eventually } from '../support/waiting.js';
import { drive, startDriver, type Driving, type VariantOfTest } from './support/drive.js';
import { controlGroupsOfMachines, mountsOfMachines, type RunningMachine } from './support/running-machine.js';

const asRoot = isRoot ? describe : describe.skip;

const runs = Number(process.env['KILLS_RUNS'] ?? 6);
const seed = Number(process.env['KILLS_SEED'] ?? Math.floor(Math.random() * 1_000_000));

/** Numbers between 0 and 1 that follow from the seed (the generator is mulberry32). */
const randomNumbers = (start: number): (() => number) => {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 4294967296;
  };
};
const random = randomNumbers(seed);
const oneOf = <T>(choices: readonly T[]): T => {
  const choice = choices[Math.floor(random() * choices.length)];
  if (choice === undefined) throw new Error('there is nothing to choose from');
  return choice;
};

const kill = (pid: number | undefined, signal: NodeJS.Signals): void => {
  try {
    if (pid !== undefined) process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
};

/** What happens to a run, by what the report calls it. A machine that is still being made has no known processes. */
const blows: Readonly<Record<string, (driving: Driving, machine: RunningMachine | undefined) => void>> = {
  'driver killed': ({ child }) => child.kill('SIGKILL'),
  'driver interrupted': ({ child }) => child.kill('SIGINT'),
  'driver told to end': ({ child }) => child.kill('SIGTERM'),
  'caller gone': ({ child }) => child.stdin?.destroy(),
  'keeper killed': (_, machine) => {
    kill(machine?.keeper, 'SIGKILL');
  },
  'first process killed': (_, machine) => {
    kill(machine?.init, 'SIGKILL');
  },
  'driver and keeper killed': ({ child }, machine) => {
    child.kill('SIGKILL');
    kill(machine?.keeper, 'SIGKILL');
  },
};

const variant = (): VariantOfTest => ({
  manager: oneOf(['sysvinit', 'sysvinit', 'supervisord', 'systemd', 'docker']),
  profile: oneOf(['privileged', 'unprivileged'] as const),
  script: `
machine.succeed("python3 -m http.server 8123 >&2 & sleep 1000 >&2 &")
machine.wait_for_open_port(8123)
machine.succeed("sleep 3")
`,
});

asRoot('machines whose processes are killed at any moment (needs root)', () => {
  test(
    `leave nothing, in ${runs} runs (KILLS_SEED=${seed})`,
    async () => {
      const mounts = mountsOfMachines();
      for (let run = 0; run < runs; run++) {
        const driving = await startDriver(variant());
        const blow = oneOf(Object.keys(blows));
        const delay = random() * 2500;
        await sleep(delay);
        const machine = driving.events().find(({ event }) => event === 'machine') as RunningMachine | undefined;
        blows[blow]?.(driving, machine);
        const { log } = await driving.done;
        await eventually(() => {
          const found = processesThatMention(driving.mark);
          if (found.length > 0)
            throw new Error(`run ${run}, ${blow} after ${delay} ms: ${JSON.stringify(found)}\n${log}`);
          return true;
        }, 15);
        const report = process.env['KILLS_REPORT'];
        if (report !== undefined)
          appendFileSync(report, `${blow}${machine === undefined ? ', while it was made' : ''}\n`);
      }
      // Whose keeper was killed has left a control group to the next machine. Others may make machines meanwhile.
      await eventually(async () => {
        expect((await drive({ script: 'pass' })).exitCode).toBe(0);
        expect(controlGroupsOfMachines().filter(({ pid }) => !isAlive(pid))).toEqual([]);
        return true;
      });
      expect(mountsOfMachines()).toEqual(mounts);
    },
    60_000 + runs * 20_000,
  );
});
