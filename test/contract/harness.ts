import type { Deployment } from '../support/deployment.js';

/** A machine, real or made for the test, in which a process manager runs what the contract deploys. */
export interface Place {
  readonly deployment: Deployment;
  /**
   * Changes, behind the tool's back, what the manager has been told of an instance. Default: it reads what it is told from
   * the store itself, where nobody can change it.
   */
  readonly tamper?: (instance: string) => Promise<void>;
  /**
   * Has an instance that the current generation does not have, but an earlier one did, known to the manager or running, behind
   * the tool's back. Default: that cannot be done without the tool.
   *
   * @param generation the profile of the earlier generation
   */
  readonly addExtra?: (instance: string, generation: string) => Promise<void>;
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

/** What the manager's files tell of processes, for test/conformance/layouts.test.ts. */
export interface LayoutFacts {
  /** What its `readLayout` finds of a unit's `activation` just as `render` writes it. */
  readonly says: readonly [string, ...string[]];
  /** Whether they say what depends on what, or only in which order processes start, or not even that. Default: dependencies. */
  readonly tells?: 'dependencies' | 'order' | 'nothing';
}

/** How a backend's tests let the contract see its manager. Each has one: test/backends/NAME/support/harness.ts. */
export interface Harness {
  /**
   * A process that runs `sleep 4711` by the manager's own create function: its file, and what it is given besides a name. Nix,
   * in which `pkgs`, and `sleep` for the path of the program, are known.
   */
  readonly sleep: { readonly file: string; readonly properties: string };
  readonly layout: LayoutFacts;
  readonly stages: readonly Stage[];
  /** Whether the manager needs nothing but programs of the machine, so that deployments of others can move to it. */
  readonly runsAnywhere: boolean;
  /**
   * Whether it runs in the machine in which faults are tried (test/support/faults), which has a systemd, and what managers
   * bring along. Default: only where every machine has it.
   */
  readonly runsBesideOthers?: boolean;
  /** Shell commands that give that machine what the manager needs, in its root directory, with their variables. Default: none. */
  readonly provision?: { readonly commands: string; readonly environment?: Readonly<Record<string, string>> };
  /** Whether what is tried again and again takes too long under it. Default: it does not. */
  readonly takesLong?: boolean;
  /** Overrides of each process, in Nix, with which the manager finds out sooner what is wrong. Default: none. */
  readonly overrides?: string;
  /** Whether each profile has a manager of its own, which knows nothing of the others' processes. Default: it does not. */
  readonly keepsProfilesApart?: boolean;
  /** Which PID the manager tells of a process: its own, that of its parent, which is the init of its container, or none. Default: own. */
  readonly tellsPid?: 'own' | 'parent' | 'none';
  /** Whether a process can be told to read its configuration again. Default: it can. */
  readonly reloads?: boolean;
  /** Whether the machine starts deployments when it boots, without being asked for it. Default: it does not. */
  readonly startsAtBoot?: boolean;
  /** Whether what depends on a process restarts with it. Default: it keeps running. */
  readonly restartsDependents?: boolean;
  /** Methods of a session that have nothing to do under this manager, so that nobody can miss them. Default: none. */
  readonly idle?: readonly string[];
}
