import type { Credentials, ManagedProcess, ManagerName, ProcessInstance, ProcessName } from '../model/process-model.js';
import type { DeployedUnit, ManifestDirectories, ManifestUnit } from '../profile/manifest.js';
import type { MachineInit } from '../boot/boot-entry.js';
import type { Readiness } from '../model/readiness.js';
import type { Json, JsonObject } from '../system/json.js';
import type { Ports } from '../system/ports.js';
import type { ManagerSession, SessionContext } from './manager-session.js';

export type * from './manager-session.js';

/** What translating and rendering may ask about the surroundings of an instance. */
export interface UnitContext {
  readonly instance: ProcessInstance;
  /** 0 for an instance without dependencies, else one more than the highest level it depends on. */
  readonly level: number;
  /** The highest level of the whole model. */
  readonly maxLevel: number;
  /** What the manager calls the processes this one depends on. */
  readonly dependencies: readonly ProcessName[];
  /** When those are ready, of which that can be seen from outside. */
  readonly awaited: readonly Readiness[];
  /**
   * Puts a text into the store (builtins.toFile) and returns its path; the text is a script that is run through the
   * shell of the model's packages. The path depends on name and text alone. Allowed in names: A-Z a-z 0-9 + . _ ? = -
   */
  readonly storeText: (name: string, text: string) => string;
}

/** The manager's arguments for one process (the vocabulary of its create function), before overrides. */
export interface Translation {
  readonly arguments: JsonObject;
  /** What this manager cannot express, one sentence each ("restart policy …"); shown to the user as warnings. */
  readonly unsupported: readonly string[];
}

/**
 * Stands for the path of the profile in the text of one of its files: the path is only known once the profile is built.
 * Shells take it as it is, in quotes or without.
 */
export const profileItself = '/nix-processmgmt-ts-path-of-the-profile-1kq7v2hb3yd9';

/** A file of the profile, or a symbolic link in it. */
export type ProfileFile =
  | { readonly kind: 'file'; readonly path: string; readonly text: string; readonly executable: boolean }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/** What a switch does about a process that runs. */
export interface ChangePolicy {
  /**
   * When its definition has changed. `stop-start`: it is stopped before anything else is done, by its old definition,
   * and started when it is its turn; `leave`: it keeps running, and the user is told.
   */
  readonly onChange: 'restart' | 'stop-start' | 'reload' | 'leave';
  /** When it is no longer wanted. `leave`: it keeps running, and the user is told. */
  readonly onRemoval: 'stop' | 'leave';
}

/** One process as its manager will see it. */
export interface RenderedUnit {
  /** Paths are relative to the profile. */
  readonly files: readonly ProfileFile[];
  /**
   * What decides whether the running process is up to date, with the properties' own names: a difference is a restart
   * and is shown to the user. Descriptions and other cosmetics are left out.
   */
  readonly properties: JsonObject;
  /** Like `properties`, but a difference in these alone makes the process read its configuration again. Default: none. */
  readonly reloadProperties?: JsonObject;
  /** Default: it is restarted when it has changed, and stopped when it is no longer wanted. */
  readonly changePolicy?: ChangePolicy;
  /** What activation has to know later, when only the manifest is there (PID file, runlevels …). */
  readonly activation: JsonObject;
  readonly credentials: Credentials;
  /** Set for a process whose ports are not those of the machine. Default: they are. */
  readonly ownNetwork?: true;
}

/** What rendering may ask about a profile as a whole. */
export interface ProfileContext {
  readonly units: readonly { readonly context: UnitContext; readonly rendered: RenderedUnit }[];
  /** Options of building that only some managers know, by name. Default: none is given. */
  readonly options?: Readonly<Record<string, string>>;
}

/** What a process is started with, as far as its definition tells. */
export interface LaunchedProgram {
  /** The program and its arguments; what the manager's own scripts put before it may come first. */
  readonly words: readonly string[];
  /** Where it is started; null for nowhere in particular. */
  readonly directory: string | null;
  /** Set for a process that sees nothing of the machine's files but the Nix store. */
  readonly isContained?: true;
}

/** A process that a tree of files holds, as far as the manager's layout of files tells. */
export interface LaidOutUnit {
  readonly name: ProcessName;
  /** Names of processes in the same tree. */
  readonly dependencies: readonly string[];
  /** How late it starts among the others, for a layout that says so; null: dependencies tell. Any numbers that can be compared. */
  readonly rank: number | null;
  /** What decides whether a running process is up to date: the layout's own texts. */
  readonly properties: JsonObject;
  readonly changePolicy?: ChangePolicy;
  /** What `render` would have written. */
  readonly activation: JsonObject;
}

/** What a manager finds in a tree of files in its own layout. */
export interface Layout {
  readonly units: readonly LaidOutUnit[];
  /** What `profileData` would have written, as far as the tree tells. */
  readonly data: JsonObject;
}

/** Where state goes, for a tree that does not say. */
export type LayoutDirectories = Pick<ManifestDirectories, 'stateDir' | 'runtimeDir' | 'logDir'>;

/** The scripts that a profile's services consist of. */
export interface ServiceScripts {
  /** Absolute paths, in the order in which the services start. */
  readonly files: readonly string[];
  /** Changes to the environment that the user called us with. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** One process manager. */
export interface Backend {
  readonly name: ManagerName;
  /** One line for --help and docs. */
  readonly summary: string;
  /** The create functions whose arguments this manager's vocabulary is, e.g. createSystemVInitScript. */
  readonly directFunction: string | readonly string[];
  /** What is wrong with a process name for this manager, or null. */
  nameProblem(name: ProcessName): string | null;
  translate(process: ManagedProcess, context: UnitContext): Translation;
  /**
   * @param all the arguments of every process of the model, overrides applied, by name. Default: none is known
   * @throws ModelError naming the instance when an argument is of the wrong kind or unknown
   */
  render(args: JsonObject, context: UnitContext, all?: ReadonlyMap<ProcessName, JsonObject>): RenderedUnit;
  /** Files of the profile as a whole. */
  profileFiles(context: ProfileContext): readonly ProfileFile[];
  /** What activation has to know of the profile as a whole; goes into the manifest. */
  profileData(context: ProfileContext): JsonObject;
  /**
   * What a start of a unit runs, by its properties; null when they do not tell, or when the model says itself how to start
   * it. Default: that is never known.
   */
  readonly launches?: (unit: Pick<ManifestUnit, 'properties'>) => Promise<LaunchedProgram | null>;
  /**
   * Reads a tree of files that another tool, or a package, laid out for this manager. Default: it reads none.
   *
   * @param root a profile or a package
   * @param directories where state goes, for what the layout leaves open
   * @returns null when nothing in the tree is for this manager
   */
  readonly readLayout?: (root: string, directories: LayoutDirectories) => Promise<Layout | null>;
  /**
   * Where another tool keeps, in a place of its own, what it has deployed with this manager. Default: where we do.
   *
   * @returns a path in the store that readLayout reads; null when there is none
   */
  readonly formerProfile?: (env: Ports['env']) => Promise<string | null>;
  /**
   * Names what differs, for the process that runs, between its definition and another one, when one of them is known by
   * its layout alone; nothing when the process is what the other definition would start, and the manager can take it
   * over as it is. Default: they cannot be compared.
   */
  readonly differences?: (
    before: DeployedUnit,
    after: DeployedUnit,
    ports: Pick<Ports, 'run' | 'env'>,
  ) => Promise<readonly string[]>;
  /**
   * Loads what reads `activation` of a unit, for a look at a manifest before anything is done by it.
   *
   * @param data what profileData has written
   * @returns throws ZodError for what `render` does not write; so does the call for what profileData does not write
   */
  activationParser(data: JsonObject): Promise<(activation: JsonObject) => unknown>;
  /** Whether a process can tell this manager that it is ready (the readiness `notify`). Default: it cannot. */
  readonly hearsNotifications?: boolean;
  /** See ManagerFacts. */
  readonly honoursTimeouts?: true;
  /**
   * Who sees to what instances leave behind (`leftovers`): the manager itself, by rules of its own, or nobody, since it does
   * not tell which processes are theirs. Default: the tool.
   */
  readonly leftovers?: 'manager' | 'nobody';
  /** For what can be the init of a machine, or of a user's session there. Default: it is none. */
  readonly init?: () => Promise<MachineInit>;
  /** Loaded only by commands that touch the manager. @throws ManagerUnavailableError */
  connect(context: SessionContext): Promise<ManagerSession>;
  /**
   * Runs a supervisor in the foreground that every profile below a runtime directory uses. Default: there is none.
   *
   * @param signal ends it, with everything that it supervises
   * @returns its exit code; @throws ManagerUnavailableError when it is not installed
   */
  readonly supervisor?: (
    runtimeDir: string,
    signal: AbortSignal,
    ports: Pick<SessionContext, 'run' | 'env'>,
  ) => Promise<number>;
  /**
   * For whoever runs an activity of all services. Default: they are no scripts.
   *
   * @param profile the profile in the store, or a link to it
   */
  readonly serviceScripts?: (
    profile: string,
    context: Pick<SessionContext, 'run' | 'env' | 'managerOptions'>,
  ) => Promise<ServiceScripts>;
}

export type { DeployedUnit, Json, ManifestUnit };
