import { join } from 'node:path';

/** Where OpenRC has its files. All of it is fixed when OpenRC is built; these are the paths that distributions have. */
export interface Place {
  /** Service scripts (openrc-run(8)). */
  readonly scripts: string;
  /** A directory for each runlevel, with links to the scripts that it has. */
  readonly runlevels: string;
  /** What OpenRC remembers until the machine ends. */
  readonly state: string;
}

export const machine: Place = { scripts: '/etc/init.d', runlevels: '/etc/runlevels', state: '/run/openrc' };

/** OpenRC refuses to work without it: it was not started on this machine. */
export const softlevelFile = ({ state }: Place): string => join(state, 'softlevel');
