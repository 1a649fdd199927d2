import { expect } from '@jest/globals';
import { join } from 'node:path';
import type { RunResult } from '../../src/system/ports.js';
import * as z from '../../src/system/schema.js';
import { eventually } from '../support/waiting.js';
import type { Harness, Place } from './harness.js';
import { runningBelow, versionsOf, type RunningProcess } from './running.js';

/** How one instance differs from what the model says at first. */
export interface Change {
  readonly version?: string;
  /** What is done before it starts fails. */
  readonly fails?: true;
  /** Seconds after which it ends. */
  readonly lifetime?: number;
  readonly neverReady?: true;
}
export type Changes = Readonly<Record<string, Change>>;

const nixValue = (value: string | number | boolean): string =>
  typeof value === 'boolean' ? String(value) : `"${value}"`;

const nixSet = (entries: readonly (readonly [string, string])[]): string =>
  `{ ${entries.map(([name, value]) => `${name} = ${value};`).join(' ')} }`;

const parametersFor = (changes: Changes, without: readonly string[], overrides: string): string =>
  nixSet([
    ['overrides', overrides],
    [
      'changes',
      nixSet(
        Object.entries(changes).map(([instance, change]) => [
          instance,
          nixSet(Object.entries(change).map(([name, value]) => [name, nixValue(value as string | number | boolean)])),
        ]),
      ),
    ],
    ['without', `[ ${without.map((name) => `"${name}"`).join(' ')} ]`],
  ]);

const rowsOfStatus = z.array(
  z.object({
    instance: z.string(),
    state: z.string(),
    pid: z.nullable(z.number()),
    manager: z.string(),
    drift: z.array(z.string()),
    extra: z.boolean(),
  }),
);
type StatusRow = z.infer<typeof rowsOfStatus>[number];
const rowsOfGenerations = z.array(z.object({ number: z.number(), current: z.boolean() }));

/** What the steps of the story do with a deployment, and ask of it. What runs is asked of the machine. */
export class Teller {
  constructor(
    readonly manager: string,
    readonly harness: Harness,
    readonly place: Place,
    /** A manager that the deployment can move to and back. */
    readonly other: string,
  ) {}

  /** What plan and switch are told. */
  argumentsFor(changes: Changes, without: readonly string[] = [], manager = this.manager): readonly string[] {
    const { deployment } = this.place;
    const { overrides = '{ }' } = this.harness;
    return [
      ...['-P', manager, '--host-packages', `--state-dir=${deployment.stateDir}`, '--force-disable-user-change'],
      `--extra-params=${parametersFor(changes, without, overrides)}`,
      join(deployment.fixtures, 'contract', 'processes.nix'),
    ];
  }

  /** Switches, and sees to it that what is done is what was shown before. */
  deploy(changes: Changes = {}, without: readonly string[] = []): Promise<RunResult> {
    return this.succeed('switch', ...this.argumentsFor(changes, without));
  }

  /** The same, and puts right what somebody has changed. */
  repair(changes: Changes = {}, without: readonly string[] = []): Promise<RunResult> {
    return this.succeed('switch', '--repair', ...this.argumentsFor(changes, without));
  }

  /** A switch that may fail. */
  tryTo(changes: Changes, ...options: readonly string[]): Promise<RunResult> {
    return this.place.deployment.tool('switch', ...options, ...this.argumentsFor(changes));
  }

  tool(...args: readonly string[]): Promise<RunResult> {
    return this.place.deployment.tool(...args);
  }

  succeed(...args: readonly string[]): Promise<RunResult> {
    return this.place.deployment.succeed(...args);
  }

  running(): readonly RunningProcess[] {
    return runningBelow(this.place.deployment.stateDir);
  }

  /** "base 1" for each process that runs. */
  versions(): readonly string[] {
    return versionsOf(this.running());
  }

  /** Expects that these run, each once; a process that was told to end may take a moment. */
  async expectRunning(...versions: readonly string[]): Promise<void> {
    await eventually(() => {
      expect(this.versions()).toEqual(versions);
      return true;
    }, 20);
  }

  /** Does something, and tells of which instances other processes run afterwards. */
  async replacedBy(action: () => Promise<unknown>): Promise<readonly string[]> {
    const before = new Map(this.running().map(({ instance, pid }) => [instance, pid]));
    await action();
    return this.running()
      .filter(({ instance, pid }) => before.get(instance) !== pid)
      .map(({ instance }) => instance);
  }

  /** What `status` says of each instance. */
  async status(): Promise<{ readonly exitCode: number; readonly rows: ReadonlyMap<string, StatusRow> }> {
    const { exitCode, stdout, stderr } = await this.tool('status', '--json');
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/^\[/), stderr: expect.anything() });
    return { exitCode, rows: new Map(rowsOfStatus.parse(JSON.parse(stdout)).map((row) => [row.instance, row])) };
  }

  /**
   * Expects `status` to call running exactly what runs, by the PIDs that it really has.
   *
   * @param manager which should run it. Default: that of the story
   */
  async expectTruth(manager = this.manager): Promise<ReadonlyMap<string, StatusRow>> {
    const { exitCode, rows } = await this.status();
    const running = new Map(this.running().map((process) => [process.instance, process]));
    expect([...rows.keys()]).toEqual(expect.arrayContaining([...running.keys()]));
    for (const [instance, { state, pid, manager: by }] of rows) {
      const found = running.get(instance);
      const expected = found === undefined ? expect.not.stringMatching('^running$') : 'running';
      expect({ instance, state, by }).toEqual({ instance, state: expected, by: manager });
      const { tellsPid = 'own' } = by === this.manager ? this.harness : {};
      if (found === undefined || tellsPid === 'none') expect(pid).toBeNull();
      else expect(tellsPid === 'own' ? found.pids : found.parent).toContain(pid);
    }
    expect(exitCode).toBe(running.size === rows.size ? 0 : 3);
    return rows;
  }

  async currentGeneration(): Promise<number | undefined> {
    const { stdout } = await this.succeed('generations', 'list', '--json');
    return rowsOfGenerations.parse(JSON.parse(stdout)).find(({ current }) => current)?.number;
  }

  /** Waits until the log of an instance has a line. */
  async expectInLog(instance: string, line: string): Promise<void> {
    await eventually(async () => {
      expect((await this.succeed('logs', instance)).stdout).toContain(line);
      return true;
    }, 10);
  }
}
