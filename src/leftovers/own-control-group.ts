import type { ProcessFacts } from '../system/process-list.js';

/** Where processes of ours are, in a tree of control groups. */
export interface ControlGroupPlace {
  /** Whose they are; see controlGroupKey. */
  readonly key: string;
  /** The PID that they began as. */
  readonly start: number;
  /** The group that was made for this start. */
  readonly path: string;
}

/**
 * What the control groups of an instance are called by, and what its variable says where it has none. Every start makes one of its own below that name, so that what a
 * start before it has left can be told from what runs now (nix/nixproc/backends/control-group.sh).
 *
 * @param runtimeDir of the deployment: no two deployments of a machine share one and a name
 */
export const controlGroupKey = (runtimeDir: string, name: string): string => `${runtimeDir}/${name}`;

/** All control groups of ours are below groups of this name. */
export const topGroup = 'nixproc.instances';

/** The innermost group of ours on a control group's path: what an instance starts may be an instance itself. */
export const placeOf = (controlGroup: string | null): ControlGroupPlace | null => {
  const [, path, key, start] = /^(.*\/nixproc\.instances(\/.*?)\/start-(\d+))(?:\/|$)/.exec(controlGroup ?? '') ?? [];
  return path === undefined || key === undefined || start === undefined ? null : { key, start: Number(start), path };
};

/** Whose a process is, as its control group says, or else the variable that it was started with; null where nothing says so. */
export const markOf = ({ controlGroup, mark }: Pick<ProcessFacts, 'controlGroup' | 'mark'>): string | null =>
  placeOf(controlGroup)?.key ?? mark;
