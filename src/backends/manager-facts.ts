import type { Options } from 'yargs';

/** A command of nix-processmgmt that one manager alone has. */
export interface OwnOldCommand {
  readonly name: string;
  /** A sentence. */
  readonly describe: string;
  /** Ours that does the same: `run` of a model, or `supervise`. */
  readonly means: 'run' | 'supervise';
}

/** What the command line has to know of a manager before anything of it is loaded: plain data, the same for every use. */
export interface ManagerFacts {
  /** Options that it alone knows, as yargs has them; their values reach it as managerOptions. Default: none. */
  readonly options?: Readonly<Record<string, Options>>;
  /** Those that say which of several of its kind is meant: every command that asks it something takes them. Default: none. */
  readonly reachingOptions?: readonly string[];
  /** Whether units get the time that they say (startTimeout, stopTimeout). Default: the manager has settings of its own. */
  readonly honoursTimeouts?: true;
  /** Whether its services are scripts, of which `run-activity` runs an activity. Default: they are not. */
  readonly hasScripts?: true;
  /** Default: none but those that every manager has. */
  readonly oldCommands?: readonly OwnOldCommand[];
  /**
   * Set when so many people have it that its code is loaded together with that of `switch`. Says to what a switch is made
   * while compiled code is collected: to a model with one process, which needs stand-ins for its programs
   * (src/cli/code-cache/stand-ins.ts), to one without any, or to none.
   */
  readonly isCommon?: 'one process' | 'nothing' | 'no switch';
}
