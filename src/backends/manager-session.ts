import type { InstanceName } from '../model/process-model.js';
import type { Timeouts } from '../model/time-outs.js';
import type { DeployedUnit } from '../profile/manifest.js';
import type { JsonObject } from '../system/json.js';
import type { Ports } from '../system/ports.js';
import type { AnswerLimits } from './shared/manager-answers.js';

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
