import type { JsonObject } from '../system/json.js';
import type { Leftovers } from './leftovers.js';
import type { Readiness } from './readiness.js';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** The attribute name of a process instance in the model: what commands, manifest and IDs call it. */
export type InstanceName = Branded<'InstanceName'>;
/** The `name` of a process: what the process manager calls it. */
export type ProcessName = Branded<'ProcessName'>;
/** A path directly below the Nix store's directory. */
export type StorePath = Branded<'StorePath'>;
/** The name of a process manager in the registry. */
export type ManagerName = Branded<'ManagerName'>;

/** Where state lives; absolute paths. */
export interface StateDirectories {
  readonly stateDir: string;
  readonly runtimeDir: string;
  readonly logDir: string;
  readonly tmpDir: string;
}

/** A program and its arguments. */
export interface CommandLine {
  readonly executable: string;
  readonly args: readonly string[];
}

export interface GroupSpec {
  readonly name: string;
  readonly gid: number | null;
  /** Every attribute as given, as text. */
  readonly attributes: Readonly<Record<string, string>>;
}
export interface UserSpec {
  readonly name: string;
  readonly uid: number | null;
  readonly group: string | null;
  readonly description: string | null;
  readonly homeDir: string | null;
  readonly createHomeDir: boolean;
  readonly shell: string | null;
  readonly attributes: Readonly<Record<string, string>>;
}
export interface Credentials {
  readonly groups: readonly GroupSpec[];
  readonly users: readonly UserSpec[];
}

/** What createManagedProcess was given, with every default filled in. */
export interface ManagedProcess {
  readonly kind: 'managed';
  readonly name: ProcessName;
  readonly instanceName: string | null;
  readonly description: string;
  /** Shell commands that run before the process, as root unless user changes are disabled; "" for none. */
  readonly initialize: string;
  /** How it runs as a daemon (it forks and writes its PID file), if it can. */
  readonly daemon: CommandLine | null;
  /** How it runs in the foreground, if it can. */
  readonly foreground: CommandLine | null;
  /** Where the process, or whoever daemonizes it, writes its PID; the default filled in. */
  readonly pidFile: string;
  /** Whether the model says where that is. */
  readonly namesPidFile: boolean;
  /** Store paths (or other directories) whose bin/ goes on PATH. */
  readonly path: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string | null;
  /** Octal digits, as given. */
  readonly umask: string | null;
  readonly nice: number | null;
  /** null as well when user changes are disabled. */
  readonly user: string | null;
  /** Empty but for users with createHomeDir when user changes are disabled. */
  readonly credentials: Credentials;
  /** An attribute set to merge into the manager's arguments, or the mark that it is a Nix function; null for none. */
  readonly overrides: JsonObject | 'function' | null;
}

/** What a manager's own create function (createSystemVInitScript …) was given: arguments in that manager's vocabulary. */
export interface DirectProcess {
  readonly kind: 'direct';
  readonly name: ProcessName;
  readonly manager: ManagerName;
  readonly arguments: JsonObject;
}

/** An ordinary package, made without the framework; it goes into the profile as it is. */
export interface ForeignPackage {
  readonly kind: 'package';
  readonly name: ProcessName;
  readonly path: StorePath;
}

export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One running service of the model. */
export interface ProcessInstance {
  readonly instance: InstanceName;
  readonly name: ProcessName;
  /** False for a process that is only here because an instance depends on it. */
  readonly declared: boolean;
  readonly process: ManagedProcess | DirectProcess | ForeignPackage;
  readonly dependencies: readonly ProcessName[];
  readonly directories: StateDirectories;
  readonly forceDisableUserChange: boolean;
  /**
   * Tools of the model's own package set, by the name that the manager's nix/…/tools.nix gives them. `shell` (an
   * executable) and `coreutils` (a package) are always there.
   */
  readonly tools: Readonly<Record<string, string>>;
  /** Realised output of the instance's postInstall: a tree to link into the profile. */
  readonly files: StorePath | null;
  /** 1 to 65535; anything else that the model says is ignored. */
  readonly port: number | null;
  /** When it is ready; null for as soon as its manager says that it runs. */
  readonly readiness: Readiness | null;
  /** False for one whose failure does not fail a deployment. */
  readonly critical: boolean;
  /** Seconds that it has to start, and to end before it is killed; null for as long as its manager gives it. */
  readonly startTimeout: number | null;
  readonly stopTimeout: number | null;
  /** What becomes of processes that it leaves behind; null for what its manager, or the tool, does about them. */
  readonly leftovers: Leftovers | null;
  /** Nobody but the process itself is ended with it, as systemd's KillMode=process says. */
  readonly endsAlone: boolean;
  /** Paths among arguments and variables that are not in the store: where each is, and the path. Default: none. */
  readonly stray?: readonly (readonly [place: string, path: string])[];
  /** Where the model defines it, where Nix knows. */
  readonly position: SourcePosition | null;
}

/** A validated model: nothing after this is checked again. */
export interface ProcessModel {
  readonly manager: ManagerName;
  readonly storeDir: string;
  readonly hostPackages: boolean;
  /** Sorted by instance name; processes that are only dependencies included. */
  readonly instances: readonly ProcessInstance[];
}
