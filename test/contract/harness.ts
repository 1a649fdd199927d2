import type { Deployment } from '../support/deployment.js';

/** A machine, real or made for the test, in which a process manager runs what the contract deploys. */
export interface Place {
  readonly deployment: Deployment;
  /** Options that plan and switch need here, besides -P and those for state. Default: none. */
  readonly options?: readonly string[];
  /**
   * Changes, behind the tool's back, what the manager has been told of an instance. Default: it reads what it is told from
   * the store itself, where nobody can change it.
   */
  readonly tamper?: (instance: string) => Promise<void>;
  /** What the manager itself still has of the deployment: names of units, containers, files. */
  readonly traces: () => Promise<readonly string[]>;
  /**
   * What a power cut does: every process ends at once, and volatile directories are empty afterwards. Whatever starts with
   * the machine is started.
   */
  readonly reboot: () => Promise<void>;
  readonly dispose: () => Promise<void>;
}

/** Where the contract is tested, of one process manager. */
export interface Stage {
  /** For the names of tests ("root", "a user's own systemd"). */
  readonly name: string;
  /** Why it cannot be tested on this machine; null when it can. */
  readonly skip: string | null;
  readonly open: () => Promise<Place>;
}

/** How a backend's tests let the contract see its manager. Each has one: test/backends/NAME/support/harness.ts. */
export interface Harness {
  readonly stages: readonly Stage[];
  /** Whether the manager needs nothing but programs of the machine, so that deployments of others can move to it. */
  readonly runsAnywhere: boolean;
  /** Whether the manager tells the PID of a process. Default: it does. */
  readonly tellsPids?: boolean;
  /** Whether a process can be told to read its configuration again. Default: it can. */
  readonly reloads?: boolean;
  /** Whether the machine starts deployments when it boots, without being asked for it. Default: it does not. */
  readonly startsAtBoot?: boolean;
  /** Methods of a session that have nothing to do under this manager, so that nobody can miss them. Default: none. */
  readonly idle?: readonly string[];
}
