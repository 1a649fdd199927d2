import { expect } from '@jest/globals';
import { join } from 'node:path';
import type { RunResult } from '../../src/system/ports.js';
import * as z from '../../src/system/schema.js';
import { switchAsPlanned } from '../support/plans.js';
import { statusOf } from '../support/status.js';
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

const parametersFor = (changes: Changes, without: readonly string[]): string =>
  nixSet([
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

const rowsOfStatus = z.array(z.object({ instance: z.string(), state: z.string(), drift: z.array(z.string()) }));
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
    const { deployment, options = [] } = this.place;
    return [
      ...['-P', manager, '--host-packages', `--state-dir=${deployment.stateDir}`, '--force-disable-user-change'],
      ...(manager === this.manager ? options : []),
      `--extra-params=${parametersFor(changes, without)}`,
      join(deployment.fixtures, 'contract', 'processes.nix'),
    ];
  }

  /** Switches, having seen that what is done is what a plan says. */
  deploy(changes: Changes = {}, without: readonly string[] = []): Promise<RunResult> {
    return switchAsPlanned(this.place.deployment, ...this.argumentsFor(changes, without));
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

  /** Expects `status` to say that exactly what runs is running, by the PIDs that it really has. */
  async expectTruth(): Promise<void> {
    const rows = await statusOf(this.place.deployment);
    const running = this.running();
    for (const [instance, { state, pid, manager }] of rows) {
      const found = running.find((process) => process.instance === instance);
      expect({ instance, state, manager }).toEqual({
        instance,
        state: found === undefined ? expect.not.stringMatching('running') : 'running',
        manager: expect.any(String),
      });
      if (this.harness.tellsPids === false || found === undefined) expect(pid).toBeNull();
      else expect(found.pids).toContain(pid);
    }
    const codes = running.length === rows.size ? [0] : [3];
    expect(codes).toContain((await this.tool('status')).exitCode);
  }

  /** What `status` says of what somebody has changed, by instance. */
  async drift(): Promise<Readonly<Record<string, readonly string[]>>> {
    const { stdout } = await this.tool('status', '--json');
    return Object.fromEntries(
      rowsOfStatus.parse(JSON.parse(stdout)).map(({ instance, drift }) => [instance, drift]),
    );
  }

  async stateOf(instance: string): Promise<string | undefined> {
    return (await statusOf(this.place.deployment)).get(instance)?.state;
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
