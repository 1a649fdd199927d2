import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isAlive, processesThatMention } from '../../support/processes.js';
import type { DriverEvent } from './drive.js';

/** Processes of a machine that the host sees. */
export interface RunningMachine {
  readonly keeper: number;
  readonly init: number;
}

/** The machine that a driver has told of. */
export const machineOf = (events: readonly DriverEvent[]): RunningMachine =>
  events.find(({ event }) => event === 'machine') as unknown as RunningMachine;

/** Control groups of machines, with the PIDs of their keepers. */
export const controlGroupsOfMachines = (): readonly { readonly path: string; readonly pid: number }[] =>
  execFileSync('find', ['/sys/fs/cgroup', '-type', 'd', '-name', 'nixproc-machine-*'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '')
    .map((path) => ({ path, pid: Number(/nixproc-machine-(\d+)-/.exec(path)?.[1]) }));

/** Mounts that the host sees, of the kinds that a machine makes. */
export const mountsOfMachines = (): readonly string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => / (\/run|\/proc|\/sys) | overlay | mqueue /.test(line));

/**
 * What there still is of a machine, in words: processes and control groups. Namespaces and mounts are there for as long as
 * a process is in them; their numbers are given to later ones at once, so that they tell nothing.
 *
 * @param mark what the command lines of all processes of the machine have in them, but for the first ones
 */
export const leftovers = ({ keeper, init }: RunningMachine, mark: string): readonly string[] => [
  ...[keeper, init].filter(isAlive).map((pid) => `process ${pid}`),
  ...processesThatMention(mark).map(({ pid, commandLine }) => `process ${pid}: ${commandLine}`),
  ...controlGroupsOfMachines()
    .filter(({ pid }) => pid === keeper)
    .map(({ path }) => `control group ${path}`),
];
