import { expect } from '@jest/globals';
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { planOf } from '../support/plans.js';
import { eventually } from '../support/waiting.js';
import type { Teller } from './teller.js';

/** A part of the story, which goes on where the one before has ended. */
export interface Step {
  /** A sentence about what a manager does. */
  readonly name: string;
  readonly tell: (teller: Teller) => Promise<void>;
}

const all = ['base 1', 'client 1', 'gate 1', 'user 1'] as const;
const changed = ['base 1', 'client 1', 'gate 1', 'user 2'] as const;

/** Expects a switch to fail, what ran before to run again, and the generation to stay. */
const expectPutBack = async (
  teller: Teller,
  { instance, why, replaced }: { instance: string; why: RegExp; replaced: readonly string[] },
  failing: () => ReturnType<Teller['tryTo']>,
): Promise<void> => {
  const generation = await teller.currentGeneration();
  const versions = teller.versions();
  const others = await teller.replacedBy(async () => {
    const { exitCode, stderr } = await failing();
    if (exitCode !== 7) throw new Error(`exit code ${exitCode}: ${stderr}`);
    expect(stderr).toMatch(new RegExp(`${instance} did not (?:re)?start`));
    expect(stderr).toMatch(why);
    await teller.expectRunning(...versions);
  });
  expect(others.filter((name) => !replaced.includes(name))).toEqual([]);
  expect(await teller.currentGeneration()).toBe(generation);
  await teller.expectTruth();
};

/** What every process manager does with a deployment, from its beginning to its end. */
export const story: readonly Step[] = [
  {
    name: 'a switch starts every instance, each when what it depends on is ready',
    tell: async (teller) => {
      expect((await teller.deploy()).stdout).toBe('');
      await teller.expectRunning(...all);
      await teller.expectTruth();
    },
  },
  {
    name: 'a second switch does nothing and says so',
    tell: async (teller) => {
      const replaced = await teller.replacedBy(async () => {
        expect(await planOf(teller.place.deployment, ...teller.argumentsFor({}))).toMatchObject({ steps: [] });
        expect((await teller.deploy()).stderr).toContain('nothing to do');
      });
      expect(replaced).toEqual([]);
    },
  },
  {
    name: 'another profile with processes of the same names is refused, where the manager would take them for the same',
    tell: async (teller) => {
      if (teller.harness.keepsProfilesApart === true) return;
      const replaced = await teller.replacedBy(async () => {
        const { exitCode, stderr } = await teller.tool('switch', '-p', 'other', ...teller.argumentsFor({}));
        expect({ exitCode, stderr }).toEqual({ exitCode: 4, stderr: expect.stringContaining('nothing has been done') });
      });
      expect(replaced).toEqual([]);
    },
  },
  {
    name: 'after a change of one, every other keeps its process',
    tell: async (teller) => {
      expect(await teller.replacedBy(() => teller.deploy({ user: { version: '2' } }))).toEqual(['user']);
      await teller.expectRunning(...changed);
      await teller.expectTruth();
    },
  },
  {
    name: 'a log is what an instance has printed',
    tell: async (teller) => {
      await teller.expectInLog('user', 'user 2 is up');
    },
  },
  {
    name: 'a restart gives an instance another process, and only that one',
    tell: async (teller) => {
      expect(await teller.replacedBy(() => teller.succeed('restart', 'user'))).toEqual(['user']);
      await teller.expectRunning(...changed);
    },
  },
  {
    name: 'a reload reaches the process, which goes on, or is refused',
    tell: async (teller) => {
      const replaced = await teller.replacedBy(async () => {
        const { exitCode, stderr } = await teller.tool('reload', 'base');
        if (teller.harness.reloads === false) {
          expect({ exitCode, stderr }).not.toMatchObject({ exitCode: 0 });
        } else {
          expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
          await teller.expectInLog('base', 'base 1 was reloaded');
        }
      });
      expect(replaced).toEqual([]);
    },
  },
  {
    name: 'what is stopped by hand ends, is called stopped, stays so in a switch, and can be started',
    tell: async (teller) => {
      const rest = ['base 1', 'client 1', 'gate 1'];
      const replaced = await teller.replacedBy(async () => {
        await teller.succeed('stop', 'user');
        await teller.expectRunning(...rest);
        const { state, drift } = (await teller.expectTruth()).get('user') ?? {};
        expect({ state, drift }).toEqual({ state: 'stopped', drift: ['somebody has stopped it'] });
        expect((await teller.deploy({ user: { version: '2' } })).stderr).toContain('user stays stopped');
        await teller.expectRunning(...rest);
        await teller.succeed('start', 'user');
        await teller.expectRunning(...changed);
      });
      expect(replaced).toEqual(['user']);
      await teller.expectTruth();
    },
  },
  {
    name: 'of a process that was killed the truth is told, and it runs again after a repair at the latest',
    tell: async (teller) => {
      const before = teller.running().find(({ instance }) => instance === 'user');
      if (before === undefined) throw new Error('user does not run');
      process.kill(before.pid, 'SIGKILL');
      await eventually(async () => {
        expect(teller.running().map(({ pid }) => pid)).not.toContain(before.pid);
        await teller.expectTruth();
        return true;
      });
      await teller.repair({ user: { version: '2' } });
      await teller.expectRunning(...changed);
    },
  },
  {
    name: 'what somebody has changed by hand is told, and put right by a repair',
    tell: async (teller) => {
      const { tamper } = teller.place;
      await teller.succeed('stop', 'user');
      await tamper?.('client');
      const { rows } = await teller.status();
      if (tamper !== undefined) expect(rows.get('client')?.drift).not.toEqual([]);
      await teller.repair({ user: { version: '2' } });
      await teller.expectRunning(...changed);
      for (const { instance, drift } of (await teller.expectTruth()).values()) {
        expect({ instance, drift }).toEqual({ instance, drift: [] });
      }
    },
  },
  {
    name: 'a start that fails puts back what ran before',
    tell: (teller) =>
      expectPutBack(teller, { instance: 'user', why: /user/, replaced: ['user'] }, () =>
        teller.tryTo({ user: { version: '3', fails: true } }, '--settle=2'),
      ),
  },
  {
    name: 'so does a process that ends within the settle time',
    tell: (teller) =>
      expectPutBack(teller, { instance: 'user', why: /user/, replaced: ['user'] }, () =>
        teller.tryTo({ user: { version: '4', lifetime: 1.5 } }, '--settle=30'),
      ),
  },
  {
    name: 'so does one that is not ready in time, and its dependents go on',
    tell: (teller) => {
      // What is restarted with it may be the first to notice.
      const { why, replaced } =
        teller.harness.restartsDependents === true
          ? { why: /ready within 2 s|what depends on it did not start again/, replaced: ['client', 'gate'] }
          : { why: /ready within 2 s/, replaced: ['gate'] };
      return expectPutBack(teller, { instance: 'gate', why, replaced }, () =>
        teller.tryTo({ user: { version: '2' }, gate: { version: '2', neverReady: true } }),
      );
    },
  },
  {
    name: 'a rollback runs what ran before the last switch, and touches nothing else',
    tell: async (teller) => {
      expect(await teller.replacedBy(() => teller.succeed('rollback'))).toEqual(['user']);
      await teller.expectRunning(...all);
      await teller.expectTruth();
    },
  },
  {
    name: 'what is left out is stopped, and forgotten by the manager; when it is there all the same, that is told, and repaired',
    tell: async (teller) => {
      const { addExtra, traces, deployment } = teller.place;
      const expectForgotten = async (): Promise<void> => {
        await teller.expectRunning('base 1', 'gate 1', 'user 1');
        expect((await traces()).filter((name) => name.includes('client'))).toEqual([]);
        expect([...(await teller.expectTruth()).keys()].sort()).toEqual(['base', 'gate', 'user']);
      };
      const replaced = await teller.replacedBy(() => teller.deploy({}, ['client']));
      expect(replaced).toEqual([]);
      await expectForgotten();
      if (addExtra !== undefined) {
        await addExtra('client', await realpath(join(deployment.profilesDir, 'processes-1-link')));
        expect((await teller.status()).rows.get('client')).toMatchObject({ extra: true });
        await teller.repair({}, ['client']);
        await expectForgotten();
      }
    },
  },
  {
    name: 'a move to another manager and back loses nothing',
    tell: async (teller) => {
      const { other, manager, place } = teller;
      for (const to of [other, manager]) {
        await teller.succeed('switch', ...teller.argumentsFor({}, [], to));
        await teller.expectRunning(...all);
        await teller.expectTruth(to);
        if (to === other) expect(await place.traces()).toEqual([]);
      }
    },
  },
  {
    name: 'after a reboot nothing is taken for what it was before, and a switch runs all of it',
    tell: async (teller) => {
      const before = new Set(teller.running().map(({ pid }) => pid));
      await teller.place.reboot();
      const startsAtBoot = teller.harness.startsAtBoot === true;
      await eventually(async () => {
        const expected = startsAtBoot ? ['base 1', 'gate 1', 'user 1'] : [];
        // `client` needs what it depends on to be ready, which not every machine waits for when it boots. From then on it is
        // clear what becomes of it.
        expect(teller.versions().filter((version) => version !== 'client 1')).toEqual(expected);
        expect(existsSync(join(teller.place.deployment.runtimeDir, 'gate.ready'))).toBe(startsAtBoot);
        await teller.expectTruth();
        return true;
      });
      await (startsAtBoot ? teller.repair() : teller.deploy());
      await teller.expectRunning(...all);
      expect(teller.running().filter(({ pid }) => before.has(pid))).toEqual([]);
      await teller.expectTruth();
      expect((await teller.deploy()).stderr).toContain('nothing to do');
    },
  },
  {
    name: 'an undeployment leaves nothing',
    tell: async (teller) => {
      expect((await teller.succeed('undeploy')).stdout).toBe('');
      await eventually(async () => {
        expect(await findLeftovers(teller.place.deployment)).toEqual(nothing);
        return true;
      });
      expect(await teller.place.traces()).toEqual([]);
      expect(await teller.tool('status')).toMatchObject({ exitCode: 4 });
      expect((await teller.succeed('undeploy')).stderr).toContain('nothing to do');
    },
  },
];
