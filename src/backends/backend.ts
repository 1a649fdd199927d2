import type {
  Credentials,
  InstanceName,
  ManagedProcess,
  ManagerName,
  ProcessInstance,
  ProcessName,
} from '../model/process-model.js';
import type { DeployedUnit, ManifestDirectories, ManifestUnit } from '../profile/manifest.js';
import type { MachineInit } from '../boot/boot-entry.js';
import type { Readiness } from '../model/readiness.js';
import type { Timeouts } from '../model/time-outs.js';
import type { Json, JsonObject } from '../system/json.js';
import type { Ports } from '../system/ports.js';
import type { AnswerLimits } from './shared/manager-answers.js';

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

/** The state of one process as its manager tells it. */
export interface Observation {
  /** `stopped`: down on purpose; `failed`: it should run but does not; `absent`: the manager does not know it. */
  readonly state: 'running' | 'starting' | 'stopped' | 'failed' | 'absent';
  readonly pid: number | null;
  /** When it started, in milliseconds since the epoch. */
  readonly since: number | null;
  /** The manager's own words ("FATAL exited too quickly"). */
  readonly detail: string | null;
  /** It is stopped because it has nothing to do: it is done, or only runs when it is asked to. Default: false. */
  readonly rests?: boolean;
}

/** `state` is enough to plan by: `pid` and `since` may be null then, which some managers tell faster. Default: `process`. */
export type ObservationDepth = 'state' | 'process';

export interface UnitOutcome {
  readonly instance: InstanceName;
  readonly ok: boolean;
  /** Why it failed, in the manager's words. */
  readonly detail: string | null;
}

/** Something in which the machine is not as the generation left it, though nobody deployed anything else. */
export interface ChangedOnDisk {
  /** Null for what belongs to the profile as a whole (a link that has its processes started at boot). */
  readonly instance: InstanceName | null;
  /** A sentence without a final period ("the unit file … was replaced by another file"). */
  readonly what: string;
  /** Whether the process may run by something else than its definition, so that only a restart puts that right. */
  readonly restart: boolean;
}

/** Something of the profile that is there although the generation does not have it. */
export interface ExtraUnit {
  /** With what `stop`, `install` and `finish` need to end it and take it away. */
  readonly unit: DeployedUnit;
  readonly observation: Observation;
}

/** In what the machine differs from a generation, beyond what `observe` tells. */
export interface Drift {
  readonly changed: readonly ChangedOnDisk[];
  readonly extras: readonly ExtraUnit[];
}

/** Ends what units have left behind that do not run any more. */
export type AfterStop = (units: readonly DeployedUnit[]) => Promise<void>;

/** A unit with the older version of itself that it replaces. */
export interface UnitChange {
  readonly before: DeployedUnit;
  readonly after: DeployedUnit;
}

/** The generation that an activation works on. */
export interface DeployedProfile {
  /** The profile in the store. */
  readonly path: string;
  /** The profile's name ("processes"). */
  readonly profileName: string;
  readonly units: readonly DeployedUnit[];
  /** Backend specific data of the whole profile, from profileData. */
  readonly data: JsonObject;
  readonly directories: { readonly stateDir: string; readonly runtimeDir: string; readonly logDir: string };
  readonly forceDisableUserChange: boolean;
  /** Another tool built it. */
  readonly isForeign?: true;
}

/** Something of somebody else has the name, or the place, that a unit needs. */
export interface Collision {
  /** Null when the profile as a whole is concerned. */
  readonly instance: InstanceName | null;
  /** What is wrong, why, and what to do about it: sentences without a final period. */
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

/** Where the log of a unit is. */
export type LogSource =
  | {
      readonly kind: 'files';
      readonly paths: readonly string[];
      /** Whose they may be, besides root's and the caller's, where others can write. Default: nobody's. */
      readonly user?: string | null;
    }
  | {
      readonly kind: 'command';
      readonly command: (options: {
        readonly lines: number;
        readonly follow: boolean;
      }) => readonly [string, ...string[]];
    };

/**
 * Talks to one process manager. The order of calls in a switch: observe, stop (level by level, highest first), install,
 * then reload, restart and start per level (lowest first), finish. A call gets all units of a level at once (of all
 * levels from a manager that orders them itself), and never throws for a unit that fails: it says so in the outcome.
 * A manager that a deployment moves away from gets: stop (what is obsolete, then level by level, lowest first, while the
 * dependents go on running), and at the end install(null) and finish(null).
 */
export interface ManagerSession {
  /** One query for all units, not one each. */
  observe(units: readonly DeployedUnit[], depth?: ObservationDepth): Promise<ReadonlyMap<InstanceName, Observation>>;
  /**
   * What the last `observe` found missing of the manager itself, so that nothing watches over processes that it has begun,
   * in a sentence without a final period ("supervisord has ended"); null when nothing is. The next `install` puts it right,
   * or says why it cannot. What is lost with it has failed, also where it still runs. Default: nothing can be missing.
   */
  readonly loss?: () => string | null;
  /**
   * For a manager that somebody else has to start: to be called before anything is started, when `loss` has said something.
   * Stops work without it. Default: `install` brings the manager back.
   *
   * @throws ManagerUnavailableError saying what to do
   */
  readonly requireReturn?: () => void;
  /**
   * Waits until nothing is at work any more that a command which was killed had begun to do to these units: what it
   * started may outlive it. Default: the manager itself does one thing after the other.
   *
   * @throws ActivationError when that takes longer than a command would have waited
   */
  readonly awaitOrphans?: (units: readonly DeployedUnit[]) => Promise<void>;
  stop(units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]>;
  /** Makes the manager know the new generation's units (null: none is left); starts nothing. */
  install(next: DeployedProfile | null): Promise<void>;
  start(units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]>;
  /**
   * @param afterStop to be called for units that have ended, before they are started again: ends what they have left
   *   behind. Who cannot tell when that is leaves it to the caller, who then does so after the restart
   */
  restart(changes: readonly UnitChange[], afterStop?: AfterStop): Promise<readonly UnitOutcome[]>;
  reload(units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]>;
  /** After the last step; `next` is what is deployed now. Ends what only an empty deployment no longer needs. */
  finish(next: DeployedProfile | null): Promise<void>;
  /** Whether a switch starts this unit now (a script may not belong to the current runlevel). Default: it does. */
  readonly isWanted?: (unit: DeployedUnit) => boolean;
  /**
   * Whether start and restart of this unit succeed only when it is ready (unit.readiness), because its manager, or what
   * it runs, waits for that. Default: it does not, and the tool waits.
   */
  readonly awaitsReadiness?: (unit: DeployedUnit) => boolean;
  /**
   * Seconds that what was started has to be watched for at least, since a successful start only says that there is a
   * process. Default: 0.
   */
  readonly leastSettle?: number;
  /** True for a manager that itself ends, by rules of its own, whatever an instance has started. Default: false. */
  readonly endsLeftovers?: boolean;
  /**
   * True for a manager whose stop ends all that is in the control group of the process. Default: the control group may be
   * that of whoever started it (a container without a control group of its own has its caller's).
   */
  readonly endsControlGroups?: boolean;
  /** Variables that the manager gives to each process, and whose values together say which one it is. Default: none. */
  readonly namingVariables?: readonly string[];
  /** True for a manager that starts dependencies before dependents, and stops them after, when it gets them at once. */
  readonly ordersItself?: boolean;
  /**
   * True for a manager that starts and stops processes when it gets to know its units: in a move, nothing may run under
   * two managers then, and everything moves at once.
   */
  readonly changesAtInstall?: boolean;
  /**
   * True for a manager that refuses to stop what others that run depend on: a deployment that moves away is stopped as a
   * whole, dependents first. Default: it stops what it is told to.
   */
  readonly keepsDependencies?: boolean;
  /**
   * Which processes, by their names, the manager restarts when it gets the next generation although nothing has changed that
   * their definitions tell, and why. Default: none.
   */
  readonly restartsBesides?: (next: DeployedProfile) => Promise<ReadonlyMap<string, string>>;
  /**
   * Looks for what somebody else has changed. What it finds extra, the next `install` and `finish` take away. Default:
   * units of `others` that run are extra.
   *
   * @param others units of other generations of the profile, which this one does not have
   */
  readonly drift?: (deployed: DeployedProfile, others: readonly DeployedUnit[]) => Promise<Drift>;
  /**
   * True for a manager that starts by itself what it has when the machine boots, or has been told to by its own means with
   * the manager option enableAtBoot. Default: `run` has to (see src/boot).
   */
  readonly startsAtBoot?: boolean;
  /** What the user should know before these units are deployed, one sentence each. Default: nothing. */
  readonly remarks?: (units: readonly DeployedUnit[]) => Promise<readonly string[]>;
  /**
   * What of somebody else is in the way of these units: a unit, program, script or container of the same name. Found
   * before anything is done. Default: nothing can be.
   *
   * @param known units that this deployment may have put there: those of the current generation, and of generations that
   *   switches were going to that did not finish
   */
  readonly collisions?: (
    units: readonly DeployedUnit[],
    known: readonly DeployedUnit[],
  ) => Promise<readonly Collision[]>;
  /**
   * Files, besides its PID file, without which a start of this unit fails when they cannot be written. Default: none.
   */
  readonly writtenAtStart?: (unit: DeployedUnit) => readonly string[];
  logs(unit: DeployedUnit): LogSource;
  /** Foreground supervision for `run`: resolves when the deployment should end. Null: the tool itself waits for a signal. */
  readonly supervise: ((profile: DeployedProfile, signal: AbortSignal) => Promise<void>) | null;
}

export interface SessionContext extends Ports {
  readonly profileName: string;
  /** The link that always points to the current generation: the same name may stand for profiles in several places. */
  readonly profileLink: string;
  /** The current generation, if this manager runs it. */
  readonly current: DeployedProfile | null;
  /** Where the state of the profile is, for what the manager needs when there is no current generation. */
  readonly target: DeployedProfile | null;
  /** Options that only some managers know (runlevel …), by name. */
  readonly managerOptions: Readonly<Record<string, string>>;
  /** How many processes may be started or stopped at once. */
  readonly jobs: number;
  /** For units that say nothing themselves, of managers that honour time-outs. Default: none is set. */
  readonly timeouts?: Timeouts;
  /** How long the manager is waited for (see managerAnswers). Default: defaultAnswerLimits. */
  readonly answerLimits?: AnswerLimits;
  /** Whether a file that somebody has put in the place of one of ours is moved away. Default: it is refused. */
  readonly repair?: boolean;
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
