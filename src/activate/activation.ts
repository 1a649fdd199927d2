import type { BuiltProfile } from '../generations/built-profile.js';
import type { PlannedBoot } from '../boot/plan-boot.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import type { ManagerName } from '../model/process-model.js';
import type { Conflict } from '../plan/conflict.js';
import type { PlannedChanges } from '../plan/document-plan.js';
import type { ObservedUnit } from '../plan/plan-activation.js';
import type { Ports } from '../system/ports.js';
import type { Task } from './execution-tasks.js';
import type { ObstacleOfUnit } from './find-obstacles.js';
import type { OpenJournal } from './journal.js';
import type { PreparedAccounts } from './prepare-accounts.js';
import type { ManagedProfile, Sessions } from './sessions.js';
import type { SwitchBeginning, UnfinishedSwitch } from './unfinished-switch.js';

/**
 * An activation that has been decided on, with the connections that it was decided from. Its tasks are what the plan
 * document says, what the journal is told, and what is executed.
 */
export interface Activation extends PlannedChanges {
  readonly location: ProfileLocation;
  /** What is deployed afterwards. */
  readonly next: BuiltProfile;
  readonly tasks: readonly Task[];
  readonly boot: PlannedBoot | null;
  /** Carries out what the plan says about users and groups. */
  readonly accounts: PreparedAccounts;
  readonly current: ManagedProfile | null;
  /** Null when nothing is to run afterwards. */
  readonly target: ManagedProfile | null;
  readonly unfinished: UnfinishedSwitch | null;
  /** Says, while the activation is at work, what it does. */
  readonly journal: {
    readonly begin: (beginning: SwitchBeginning) => Promise<OpenJournal>;
    readonly end: () => Promise<void>;
  };
  /** The managers that may run something now. */
  readonly leaving: readonly ManagerName[];
  readonly present: readonly ObservedUnit[];
  readonly sessions: Sessions;
  readonly ports: Ports;
}

/** An activation with all that is worth knowing before it begins. */
export interface PlannedActivation extends Activation {
  /** What runs now: the current generation, or what the user says. */
  readonly running: BuiltProfile | null;
  /** What will not work. */
  readonly conflicts: readonly Conflict[];
  /** What of somebody is in the way of files that started processes open; those conflicts are told as well. */
  readonly obstacles: readonly ObstacleOfUnit[];
}
